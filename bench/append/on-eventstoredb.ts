/** The log on a given EventStoreDB against the server's bare client in the same run: appends, then reading all of it again. */
import { EventStoreDBClient, jsonEvent, NO_STREAM, START } from '@eventstore/db-client';
import Table from 'cli-table3';
import { createEventStoreDbStore } from '../../event-store/eventstoredb/store.ts';
import type { EventStore, NewEvent, Position } from '../../event-store/port.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { type Append, CLIENTS, inTurns, measure, type Result, ROUNDS } from './measure.ts';

type Replay = { readonly what: string; readonly perSecond: number };

/** Prints a table and one line of JSON; throws where an event is missing or comes twice. */
export async function benchEventStoreDb(url: string, perClient: number): Promise<void> {
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const store = await createEventStoreDbStore({ url, logger });
  const client = EventStoreDBClient.connectionString(url);
  try {
    const start = await store.head();
    const appended = await benchAppends({ store, client, perClient });
    const total = 2 * CLIENTS * perClient * (ROUNDS + 1);
    const replayed = await benchReplays({ store, client, start, total });
    print(appended, replayed, total);
  } finally {
    await client.dispose();
    await store.close();
  }
}

type Bench = { readonly store: EventStore; readonly client: EventStoreDBClient };

async function benchAppends({ store, client, perClient }: Bench & { perClient: number }): Promise<readonly Result[]> {
  const port: Append = (stream, event) => store.append(stream, [event], 'no-stream');
  const bare: Append = (stream, event) =>
    client.appendToStream(stream, inWords(event), { expectedRevision: NO_STREAM });
  const rounds = [
    () => measure("Souk's port on EventStoreDB", port, perClient),
    () => measure('its bare client', bare, perClient),
  ];
  await inTurns(1, rounds); // warms up caches and the compiler
  return inTurns(ROUNDS, rounds);
}

function inWords({ id, type, data, metadata }: NewEvent) {
  return jsonEvent({ id, type, data, metadata });
}

type Source = (hear: (id: string) => void) => Promise<void>;

async function benchReplays(bench: Bench & { start: Position | null; total: number }): Promise<readonly Replay[]> {
  const sources: readonly (readonly [string, Source])[] = [
    ["Souk's port, readAll page by page", (hear) => portPages(bench, hear)],
    ['its bare client, readAll', (hear) => bareRead(bench, hear)],
    ["Souk's port, subscribe", (hear) => portSubscription(bench, hear)],
    ['its bare client, subscribeToAll', (hear) => bareSubscription(bench, hear)],
  ];
  const rates = sources.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [what, source]] of sources.entries()) {
      rates[index]?.push(await replay(what, source, bench.total));
    }
  }
  return sources.map(([what], index) => ({
    what,
    perSecond: rates[index]?.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0,
  }));
}

async function replay(what: string, source: Source, total: number): Promise<number> {
  const ids = new Set<string>();
  let heard = 0;
  const begun = performance.now();
  await source((id) => {
    ids.add(id);
    heard += 1;
  });
  const seconds = (performance.now() - begun) / 1_000;
  if (heard !== total || ids.size !== total)
    throw new Error(`${what}: ${heard} events, ${ids.size} of them, not ${total}`);
  return Math.round(total / seconds);
}

type Hearing = Bench & { readonly start: Position | null; readonly total: number };

async function portPages({ store, start }: Hearing, hear: (id: string) => void): Promise<void> {
  for (let page = await store.readAll({ after: start }); ; page = await store.readAll({ after: page.next })) {
    for (const { id } of page.events) hear(id);
    if (page.end) return;
  }
}

async function portSubscription({ store, start }: Hearing, hear: (id: string) => void): Promise<void> {
  const stop = new AbortController();
  for await (const message of store.subscribe({ after: start, signal: stop.signal })) {
    if (message.kind === 'caught-up') stop.abort();
    else for (const { id } of message.events) hear(id);
  }
}

/** The fastest way through the client: listeners, no `for await`. Where the log began for this run it begins as well. */
function bareRead({ client, start }: Hearing, hear: (id: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client
      .readAll({ fromPosition: placeOf(start) })
      .on('data', ({ event }) => {
        if (event && isOurs(event.type, event.position, start)) hear(event.id);
      })
      .on('error', reject)
      .on('end', resolve);
  });
}

function bareSubscription({ client, start }: Hearing, hear: (id: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = client.subscribeToAll({ fromPosition: placeOf(start) });
    subscription
      .on('data', ({ event }) => {
        if (event && isOurs(event.type, event.position, start)) hear(event.id);
      })
      .on('caughtUp', () => {
        resolve();
        void subscription.unsubscribe();
      })
      .on('error', reject);
  });
}

function isOurs(type: string, position: { readonly commit: bigint }, start: Position | null): boolean {
  return type === 'ItemAdded' && (start === null || position.commit > (commitOf(start) ?? 0n));
}

function placeOf(position: Position | null) {
  const commit = position === null ? undefined : commitOf(position);
  return commit === undefined ? START : { commit, prepare: commit };
}

function commitOf(position: Position): bigint {
  return BigInt(`0x${position.slice(0, position.indexOf('.'))}`);
}

function print(appended: readonly Result[], replayed: readonly Replay[], total: number): void {
  const table = new Table({ head: ['what', 'events/s', 'p50 ms', 'p99 ms'], style: { head: [], border: [] } });
  for (const { what, perSecond, p50Ms, p99Ms } of appended) table.push([what, perSecond, p50Ms, p99Ms]);
  for (const { what, perSecond } of replayed) table.push([what, perSecond, '', '']);
  const share = (ours: { perSecond: number } | undefined, theirs: { perSecond: number } | undefined) =>
    `${Math.round((100 * (ours?.perSecond ?? 0)) / (theirs?.perSecond ?? 1))} %`;
  const shares = {
    append: share(appended[0], appended[1]),
    readAll: share(replayed[0], replayed[1]),
    subscribe: share(replayed[2], replayed[3]),
  };
  process.stdout.write(
    `${table.toString()}\n${CLIENTS} clients, one event each, new streams; ${total} events read again; of the bare client: ` +
      `appends ${shares.append}, readAll ${shares.readAll}, subscribe ${shares.subscribe}\n`,
  );
  process.stdout.write(
    `${JSON.stringify({ bench: 'append', engine: 'eventstoredb', results: appended, replay: replayed, shares })}\n`,
  );
}
