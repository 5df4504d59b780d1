/**
 * The log on an EventStoreDB that is killed again and again under 16 writers and 20 readers: nothing lost, doubled or out
 * of order, and nobody has to be told to go on. SOUK_TEST_CHAOS_S=30 keeps it up for so many seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLogger } from '../platform/logging/logger.ts';
import { type EventStoreServer, openEventStoreServer } from '../test/support/event-store-server.ts';
import { noteEngine, noteFigures, noteSkipped } from '../test/support/notes.ts';
import { createEventStoreDbStore } from './eventstoredb/store.ts';
import type { EventStore, StoredEvent } from './port.ts';
import { createTail, type Tail } from './tail.ts';
import { type Acknowledged, faultsOf, readWholeLog, type WriterLine, writeUntilStopped } from './testing/writers.ts';

const WRITERS = 16;
const READERS = 20;
const SECONDS = Number(process.env.SOUK_TEST_CHAOS_S ?? 0);
/** Between two kills of the long version. */
const PAUSE_MS = 3_000;
/** Appends between two kills, at least; the long version has its pause for that. */
const PROGRESS = SECONDS > 0 ? 1 : 60;
const logger = createLogger({ name: 'test', level: 'silent' });

let server: EventStoreServer;
const stores: EventStore[] = [];
const tails: Tail[] = [];
const heard: StoredEvent[][] = [];

beforeAll(async () => {
  server = await openEventStoreServer({ own: true });
  for (let reader = 0; reader <= READERS; reader += 1)
    stores.push(await createEventStoreDbStore({ url: server.url, logger }));
  noteEngine({ engine: 'EventStoreDB', how: server.how, version: await writing().version() });
}, 120_000);
afterAll(async () => {
  await Promise.all(tails.map((tail) => tail.close()));
  await Promise.all(stores.map((store) => store.close()));
  await server.close();
}, 120_000);

/** One store appends, as in every process of the shop; the others have a reader each. */
const writing = (): EventStore => stores[0] as EventStore;

/** Each reader keeps what it hears, from the start of the log. */
async function follow(): Promise<void> {
  for (const store of stores.slice(1)) {
    const tail = createTail({ store, logger });
    const own: StoredEvent[] = [];
    tail.onEvents((events) => own.push(...events));
    tails.push(tail);
    heard.push(own);
  }
  await Promise.all(tails.map((tail) => tail.ready));
}

/** The test's own time limit is the bound. */
async function reached(done: () => boolean): Promise<void> {
  while (!done()) await sleep(20);
}

it(
  'keeps every acknowledged event, once and in order, and all readers hear all of it, while the server is killed',
  async () => {
    const { control } = server;
    if (!control) {
      noteSkipped(
        'killing the server under load',
        `this suite does not control the EventStoreDB it has by ${server.how}`,
      );
      return;
    }
    await follow();
    const said = { done: [] as Acknowledged[], refused: 0, faults: [] as string[] };
    const say = (line: WriterLine) => {
      if (line.kind === 'done') said.done.push(line);
      else if (line.kind === 'refused') said.refused += 1;
      else if (line.kind === 'fault') said.faults.push(line.message);
    };
    let ended = false;
    const writers = Array.from({ length: WRITERS }, (_, loop) =>
      writeUntilStopped({ store: writing(), loop, say, stopped: () => ended }),
    );
    const all = Promise.all(writers);
    let kills = 0;
    for (const until = Date.now() + SECONDS * 1_000; kills < 2 || Date.now() < until; kills += 1) {
      const [done, refused] = [said.done.length, said.refused];
      await Promise.race([reached(() => said.done.length >= done + PROGRESS), all]);
      if (SECONDS > 0) await sleep(PAUSE_MS);
      await control.kill();
      await Promise.race([reached(() => said.refused >= refused + WRITERS), all]);
      await control.start();
    }
    const afterwards = said.done.length + PROGRESS;
    await Promise.race([reached(() => said.done.length >= afterwards), all]);
    ended = true;
    await all;

    expect(said.faults).toEqual([]);
    const events = await readWholeLog(writing());
    expect(faultsOf(events, said.done)).toEqual([]);
    const last = events.at(-1);
    for (const tail of tails) await reached(() => (tail.position() ?? '') >= (last?.position ?? ''));
    const wanted = events.map((event) => event.id);
    for (const own of heard) expect(own.map((event) => event.id)).toEqual(wanted);
    noteFigures(
      `${kills} kills, ${said.done.length} appends acknowledged, ${said.refused} sent again, ${events.length} events, heard by ${tails.length} readers`,
    );
  },
  120_000 + SECONDS * 4_000,
);
