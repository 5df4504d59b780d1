/** A process that appends until told to stop, for `concurrency.int.spec.ts`: says what it is about to do, and what was done. */
import { createInterface } from 'node:readline';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { type EventStore, LogUnavailable, type NewEvent, OutcomeUnknown, WrongExpectedRevision } from './port.ts';
import { createPostgresEventStore } from './postgres/store.ts';
import { testEvents } from './testing-events.ts';

/** One line of the writer's output. */
export type WriterLine =
  | { readonly kind: 'intent'; readonly stream: string; readonly expected: number; readonly ids: readonly string[] }
  | {
      readonly kind: 'done';
      readonly stream: string;
      readonly revision: number;
      readonly position: string;
      readonly ids: readonly string[];
    }
  | { readonly kind: 'fault'; readonly message: string };

export const HOT_STREAMS = ['inventory-hot-0', 'inventory-hot-1', 'inventory-hot-2'] as const;

const LOOPS = 6;

async function main(url: string): Promise<void> {
  const logger = createLogger({ name: 'writer', level: 'silent' });
  const store = await createPostgresEventStore({ url, logger, readConnections: 2 });
  const state = { stopped: false };
  createInterface({ input: process.stdin }).on('close', () => {
    state.stopped = true;
  });
  await Promise.all(
    Array.from({ length: LOOPS }, async (_, loop) => {
      const own = `cart-${newId()}`;
      for (let revision = -1, turn = loop; !state.stopped; turn += 1) {
        if (turn % 3 === 0)
          await appendHot(store, HOT_STREAMS[Math.floor(turn / 3) % HOT_STREAMS.length] ?? HOT_STREAMS[0]);
        else if (turn % 3 === 1) await appendOwn(store, `cart-${newId()}`, -1);
        else revision = await appendOwn(store, own, revision);
      }
    }),
  );
  await store.close();
}

function say(line: WriterLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Nobody else writes to this stream: a conflict would be a false one. */
async function appendOwn(store: EventStore, stream: string, expected: number): Promise<number> {
  const events = testEvents(1 + (Math.max(expected, 0) % 3));
  say({ kind: 'intent', stream, expected, ids: idsOf(events) });
  return settle(store, stream, { events, expected });
}

/** Many write to this stream: a conflict is read up and decided again. */
async function appendHot(store: EventStore, stream: string): Promise<void> {
  for (;;) {
    const [last] = await store.read(stream, { backwards: true, limit: 1 });
    try {
      await append(store, stream, { events: testEvents(2), expected: last?.revision ?? -1 });
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
}

async function settle(store: EventStore, stream: string, attempt: Attempt): Promise<number> {
  try {
    return await append(store, stream, attempt);
  } catch (error) {
    say({ kind: 'fault', message: `own stream ${stream} after ${attempt.expected}: ${String(error)}` });
    throw error;
  }
}

type Attempt = { readonly events: readonly NewEvent[]; readonly expected: number };

/** The identical append again for as long as it is not known. */
async function append(store: EventStore, stream: string, { events, expected }: Attempt): Promise<number> {
  for (;;) {
    try {
      const { revision, position } = await store.append(stream, events, expected === -1 ? 'no-stream' : expected);
      say({ kind: 'done', stream, revision, position, ids: idsOf(events) });
      return revision;
    } catch (error) {
      if (!(error instanceof OutcomeUnknown || error instanceof LogUnavailable)) throw error;
    }
  }
}

function idsOf(events: readonly NewEvent[]): readonly string[] {
  return events.map((event) => event.id);
}

const [url] = process.argv.slice(2);
if (url && process.argv[1]?.endsWith('concurrency-writer.ts')) await main(url);
