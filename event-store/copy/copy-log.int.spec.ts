/** Copies between engines: equal, in order, resumed from the target alone, and refused where they would not be a copy. */
import { binaryEvent, type EventData, EventStoreDBClient, type JSONType, jsonEvent } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase } from '../../platform/testing/test-database.ts';
import { createOrderedWriter as createEventStoreDbWriter } from '../eventstoredb/ordered-writer.ts';
import { createEventStoreDbStore } from '../eventstoredb/store.ts';
import { type EventStore, LogSealed, OutcomeUnknown, type StoredEvent, WrongExpectedRevision } from '../port.ts';
import { createOrderedWriter } from '../postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../postgres/store.ts';
import { startEventStoreDbDouble } from '../testing/eventstoredb/double.ts';
import { randomRuns } from '../testing/random-log.ts';
import { testEvents } from '../testing-events.ts';
import { type CopyOptions, copyLog } from './copy-log.ts';
import { CopyRefused } from './copy-refused.ts';
import type { OrderedWriter } from './ordered-writer.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const EVENTS = 2_500;

type Side = { readonly store: EventStore; readonly writer: OrderedWriter };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close; close = closing.pop()) await close();
});

async function postgres() {
  const { url, database, drop } = await createTestDatabase();
  const store = await createPostgresEventStore({ url, logger });
  const writer = createOrderedWriter(url);
  closing.push(
    drop,
    () => store.close(),
    () => writer.close(),
  );
  return { store, writer, database };
}

async function eventStoreDb() {
  const double = await startEventStoreDbDouble();
  const store = await createEventStoreDbStore({ url: double.url, logger });
  const writer = createEventStoreDbWriter(double.url);
  closing.push(
    () => double.close(),
    () => store.close(),
    () => writer.close(),
  );
  return { store, writer, double };
}

/** With a history; Postgres, as a writer's time counts. */
async function filled(events = EVENTS, seed = 1) {
  const side = await postgres();
  await side.writer.write(randomRuns(events, seed));
  return side;
}

const copying = (source: EventStore, target: Side, more: Partial<CopyOptions> = {}) =>
  copyLog({
    source,
    target: target.store,
    writer: target.writer,
    marks: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });

async function eventsOf(store: EventStore): Promise<readonly Omit<StoredEvent, 'position'>[]> {
  const events: Omit<StoredEvent, 'position'>[] = [];
  for (let page = await store.readAll({ after: null }); ; page = await store.readAll({ after: page.next })) {
    events.push(...page.events.map(({ position: _, ...event }) => event));
    if (page.end) return events;
  }
}

describe.each([
  ['Postgres', postgres],
  ['EventStoreDB', eventStoreDb],
])('a copy to %s', (_name, open: () => Promise<Side>) => {
  it('has the same events in the same order, and the copy of the copy as well', async () => {
    const source = await filled();
    const target = await open();
    const report = await copying(source.store, target);
    const events = await eventsOf(source.store);
    expect(report).toMatchObject({ events: events.length, copied: events.length, equal: true, sealed: true });
    expect(report?.streams).toBe(new Set(events.map(({ stream }) => stream)).size);
    expect(await eventsOf(target.store)).toEqual(events);
    expect((await target.store.identity()).logId).not.toBe((await source.store.identity()).logId);
    await expect(source.store.append('cart-late', testEvents(1), 'no-stream')).rejects.toThrow(LogSealed);

    const back = await postgres();
    const returned = await copying(target.store, back);
    expect(returned).toMatchObject({ equal: true, hash: report?.hash, events: report?.events });
    expect(await eventsOf(back.store)).toEqual(events);
  });

  it('is taken up where it was stopped, as often as that happens', async () => {
    const source = await filled();
    const target = await open();
    let stops = 0;
    let done = 0;
    for (let finished = false; !finished; ) {
      const stop = new AbortController();
      const onProgress: CopyOptions['onProgress'] = (phase, now) => {
        if (phase !== 'copying') return;
        expect(now).toBeGreaterThan(done);
        done = now;
        stop.abort();
      };
      finished = (await copying(source.store, target, { signal: stop.signal, onProgress })) !== undefined;
      if (!finished) stops += 1;
    }
    expect(stops).toBeGreaterThan(2);
    expect(await copying(source.store, target)).toMatchObject({ copied: 0, equal: true });
    expect(await eventsOf(target.store)).toEqual(await eventsOf(source.store));
  });

  it('goes on by itself where the target did not answer, whether it had written or not', async () => {
    const source = await filled();
    const target = await open();
    let calls = 0;
    const flaky: OrderedWriter = {
      ...target.writer,
      async write(runs) {
        calls += 1;
        if (calls % 4 === 1) throw new OutcomeUnknown(new Error('cut before'));
        await target.writer.write(calls % 4 === 3 ? runs.slice(0, runs.length / 2) : runs);
        if (calls % 4 === 3) throw new OutcomeUnknown(new Error('cut in the middle'));
      },
    };
    expect(await copying(source.store, { ...target, writer: flaky })).toMatchObject({ equal: true });
    expect(await eventsOf(target.store)).toEqual(await eventsOf(source.store));
  });

  it('is refused where the target holds other events, and nothing is written or sealed', async () => {
    const source = await filled(50);
    const target = await open();
    await target.store.append('cart-foreign', testEvents(2), 'no-stream');
    await expect(copying(source.store, target)).rejects.toThrow(/cart-foreign@0/);
    expect(await eventsOf(target.store)).toHaveLength(2);
    await source.store.append('cart-still-open', testEvents(1), 'no-stream');
  });

  it('is refused where the target went on after an earlier copy', async () => {
    const source = await filled(50);
    const target = await open();
    await copying(source.store, target);
    await target.store.append('cart-later', testEvents(1), 'no-stream');
    await expect(copying(source.store, target)).rejects.toThrow(/cart-later@0 .* the source ends before/);
  });

  it('names what differs, and does not call it equal', async () => {
    const source = await filled(300);
    const target = await open();
    const forging: OrderedWriter = {
      ...target.writer,
      write: (runs) =>
        target.writer.write(
          runs.map((run, n) =>
            n === 7 ? { ...run, events: run.events.map((event) => ({ ...event, data: { forged: true } })) } : run,
          ),
        ),
    };
    const report = await copying(source.store, { ...target, writer: forging });
    expect(report?.equal).toBe(false);
    expect(report?.differences[0]).toMatch(/^order-1-\d+@\d+ \(.+\) has another data in the target$/);
    expect(report?.differences.at(-1)).toBe('the hashes over all events differ');
    await expect(copying(source.store, target)).rejects.toThrow(CopyRefused);
  });
});

it('fails where a source that cannot be sealed moves, and goes on once it stands still', async () => {
  const source = await filled(2_500);
  const target = await postgres();
  let moves = 1;
  const open: EventStore = { ...source.store, seal: async () => 'cannot' };
  const onProgress: CopyOptions['onProgress'] = (phase) => {
    if (phase === 'copying' && moves-- > 0) void source.store.append('cart-moving', testEvents(1), 'any');
  };
  await expect(copying(open, target, { onProgress })).rejects.toThrow(/grew while it was copied/);
  expect(await copying(open, target)).toMatchObject({ equal: true, sealed: false });
  expect(await eventsOf(target.store)).toEqual(await eventsOf(source.store));
});

it('writes nothing of a portion to Postgres where one of its appends is refused', async () => {
  const target = await postgres();
  const write = (stream: string, expected: number) => ({ stream, expected, events: testEvents(2) });
  await expect(
    target.writer.write([write('cart-a', -1), write('cart-b', 3), write('cart-a', 1), write('cart-c', -1)]),
  ).rejects.toThrow(WrongExpectedRevision);
  expect(await target.store.head()).toBeNull();
  await target.writer.write([write('cart-a', -1), write('cart-b', -1)]);
  expect(await eventsOf(target.store)).toHaveLength(4);
});

it('is refused into a sealed target, and between a log and itself', async () => {
  const source = await filled(20);
  const target = await postgres();
  await target.store.seal();
  await expect(copying(source.store, target)).rejects.toThrow(/unseal/);
  await expect(copying(source.store, source)).rejects.toThrow(/same log/);
});

it('tells for a place of the source where the same event stands in the target', async () => {
  const source = await filled(1_200);
  const target = await eventStoreDb();
  const all = (await source.store.readAll({ after: null, limit: 5_000 })).events;
  const marks = [3, 999, all.length - 1].map((n) => (all[n] as StoredEvent).position);
  const report = await copying(source.store, target, { marks });
  for (const mark of marks) {
    const place = report?.places.get(mark);
    if (!place) throw new Error(`${mark} has no place`);
    const event = await target.store.eventAt(place.position);
    expect(event?.id).toBe(all.find(({ position }) => position === mark)?.id);
    expect(place.eventId).toBe(event?.id);
  }
});

it.each([
  ['bytes', binaryEvent({ type: 'Photo', data: Buffer.from([1, 2, 255]) }), /data of Photo holds/],
  ['text', binaryEvent({ type: 'Note', data: Buffer.from('"note"') }), /holds/],
  ['a bare value', jsonEvent({ type: 'Bare', data: 'text' as unknown as JSONType }), /foreign-1@0 .* no JSON object/],
  ['metadata that are none', jsonEvent({ type: 'Odd', data: {}, metadata: Buffer.from('m') }), /no JSON object/],
  ['a hidden event among those of a stream', jsonEvent({ type: '$>', data: {} }), /deleted from the source/],
])('is refused, in words, from a log where another program wrote %s', async (_what, foreign, words) => {
  const source = await eventStoreDb();
  const target = await postgres();
  const client = EventStoreDBClient.connectionString(source.double.url);
  closing.push(() => client.dispose());
  await client.appendToStream('foreign-1', [foreign as EventData, jsonEvent({ type: 'Later', data: {} })]);
  const refused = await copying(source.store, target).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CopyRefused);
  expect((refused as Error).message).toMatch(words);
  expect(await target.store.head()).toBeNull();
});

it('keeps its order on EventStoreDB while connections are cut before and after writing', async () => {
  const source = await filled();
  const target = await eventStoreDb();
  let cuts = 0;
  const onProgress: CopyOptions['onProgress'] = (phase) => {
    if (phase === 'copying') target.double.faults.cutAppends(cuts++ % 2 === 0 ? 'after-write' : 'before-write');
  };
  expect(await copying(source.store, target, { onProgress })).toMatchObject({ equal: true });
  expect(cuts).toBeGreaterThan(2);
  expect(await eventsOf(target.store)).toEqual(await eventsOf(source.store));
});
