/** One reader of the log: history page by page, then live from memory; a slow one falls back to pages by itself. */
import { CheckpointMismatch, type Position, type SubscriptionMessage } from '../port.ts';
import type { LiveFeed } from './live-feed.ts';
import { numberOf, toPosition } from './positions.ts';
import type { LogReader } from './reader.ts';
import { assertWhole, type SizedEvent } from './stored-events.ts';

const PAGE = 1_000;

/** See the port's `subscribe`. Nothing is kept per reader but its place: back-pressure costs no memory. */
export async function* subscription(
  { reader, feed, ready }: { readonly reader: LogReader; readonly feed: LiveFeed; readonly ready: Promise<void> },
  { after, signal }: { readonly after: Position | null; readonly signal: AbortSignal },
): AsyncGenerator<SubscriptionMessage> {
  let seen = numberOf(after);
  // LISTEN stands before the first read: what is committed in between is announced.
  await ready;
  await feed.start();
  while (!signal.aborted) {
    if (seen > feed.last()) await assertInLog(reader, seen);
    // Taken before looking: news between the look and the wait then end the wait at once.
    const turn = feed.turn();
    const events = feed.since(seen, PAGE) ?? (await history(reader, seen, feed.last()));
    if (signal.aborted) return;
    if (events.length > 0) {
      seen = numberOfLast(events, seen);
      yield { kind: 'events', events: events.map(({ event }) => event) };
    } else {
      // While the log is out of reach nobody may hear that nothing is missing: states would be taken for fresh.
      if (feed.failure() === undefined) yield { kind: 'caught-up', position: toPosition(seen) };
      await feed.news(turn, signal);
    }
  }
}

async function history(reader: LogReader, after: number, upTo: number): Promise<readonly SizedEvent[]> {
  const page = await reader.range(after, upTo, { limit: PAGE });
  assertWhole(page, after);
  return page;
}

function numberOfLast(events: readonly SizedEvent[], otherwise: number): number {
  return events.at(-1)?.number ?? otherwise;
}

/** The feed may be a moment behind; the log itself must reach as far as the reader has come. */
async function assertInLog(reader: LogReader, seen: number): Promise<void> {
  const head = await reader.head();
  if (seen > head)
    throw new CheckpointMismatch(`the log ends at ${head}, before ${seen} where a reader wants to go on`);
}
