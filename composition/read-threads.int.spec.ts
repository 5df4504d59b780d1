/** Several threads read the log of EventStoreDB as one connection does: threads are real here, and so is the wire. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOrderedWriter } from '../event-store/eventstoredb/ordered-writer.ts';
import type { ReadThreads } from '../event-store/eventstoredb/read-together.ts';
import { createEventStoreDbStore } from '../event-store/eventstoredb/store.ts';
import {
  type EventStore,
  LogUnavailable,
  type NewEvent,
  type Position,
  type StoredEvent,
} from '../event-store/port.ts';
import { scanLog, scanTexts } from '../event-store/scan.ts';
import { randomRuns } from '../event-store/testing/random-log.ts';
import { testEvents } from '../event-store/testing-events.ts';
import { textOf } from '../event-store/texts-of.ts';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { type EventStoreServer, openEventStoreServer } from '../test/support/event-store-server.ts';
import { createReadThreads } from './read-threads.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const threads: ReadThreads = { ...createReadThreads(2), worthBytes: 0 };
const EVENTS = 2_000;

describe('a log read by several threads', () => {
  let server: EventStoreServer;
  let store: EventStore;
  let together: EventStore;
  let start: Position | null;
  let all: readonly StoredEvent[];

  const startThreads = (readers: ReadThreads) => createEventStoreDbStore({ url: server.url, logger, readers });
  beforeAll(async () => {
    server = await openEventStoreServer();
    store = await createEventStoreDbStore({ url: server.url, logger });
    together = await startThreads(threads);
    start = await store.head();
    const writer = createOrderedWriter(server.url);
    // Every third append is of another type.
    const runs = randomRuns(EVENTS, 11).map((run, n) => ({
      ...run,
      events: run.events.map((event) => typed(event, n)),
    }));
    await writer.write(runs);
    await writer.close();
    all = await eventsOf(scanLog(store, { after: start }));
  });
  afterAll(async () => {
    await together.close();
    await store.close();
    await server.close();
  });

  it('is the same between two places, while others append', async () => {
    expect(all.length).toBeGreaterThanOrEqual(EVENTS);
    const appended = (async () => {
      for (let n = 0; n < 30; n += 1) await store.append(`order-${newId()}`, testEvents(3), 'no-stream');
    })();
    const [after, upTo] = [all[700]?.position as Position, all[1_700]?.position as Position];
    const texts = await eventsOf(scanTexts(together, { after, upTo }));
    expect(texts).toEqual(all.slice(701, 1_701).map(textOf));
    await appended;
  });

  it('keeps to a filter, and stops where it is told to', async () => {
    const stopping = new AbortController();
    const found: StoredEvent[] = [];
    const filter = { types: ['Third'] };
    for await (const page of scanLog(together, { after: start, filter, pageSize: 100, signal: stopping.signal })) {
      found.push(...page);
      if (found.length > 400) stopping.abort();
    }
    expect(found.length).toBeGreaterThan(400);
    expect(found.length).toBeLessThanOrEqual(500);
    expect(found).toEqual(all.filter(({ type }) => type === 'Third').slice(0, found.length));
  });

  it('fails as one of the threads does, and leaves none behind', async () => {
    const exited: Promise<unknown>[] = [];
    const dying = await startThreads({
      ...threads,
      start(data) {
        const thread = threads.start(data);
        exited.push(new Promise((done) => thread.once('exit', done)));
        if (exited.length === 2) thread.once('online', () => void thread.terminate());
        return thread;
      },
    });
    const elsewhere = await startThreads({
      ...threads,
      start: (data) => threads.start({ ...data, identity: { ...data.identity, epoch: 99 } }),
    });
    const reading = [dying, elsewhere].map((each) => eventsOf(scanLog(each, { after: start })));
    await expect(reading[0]).rejects.toThrow(LogUnavailable);
    await expect(reading[1]).rejects.toThrow('another log stands there');
    await Promise.all([...exited, dying.close(), elsewhere.close()]);
    expect(exited).toHaveLength(2);
  });
});

function typed(event: NewEvent, n: number): NewEvent {
  return n % 3 === 0 ? { ...event, type: 'Third' } : event;
}

async function eventsOf<E>(pages: AsyncIterable<readonly E[]>): Promise<E[]> {
  const events: E[] = [];
  for await (const page of pages) events.push(...page);
  return events;
}
