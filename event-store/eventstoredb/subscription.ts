/** One reader of the log: history as one long read, then live from memory; a slow one falls back to reading by itself. */
import { CheckpointMismatch, latest, type Position, type StoredEvent, type SubscriptionMessage } from '../port.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LogReader } from './reader.ts';

const PAGE = 1_000;

/** See the port's `subscribe`. Nothing is kept per reader but its place and one page: back-pressure costs no memory. */
export async function* subscription(
  { reader, feed }: { readonly reader: LogReader; readonly feed: LiveFeed },
  { after, signal }: { readonly after: Position | null; readonly signal: AbortSignal },
): AsyncGenerator<SubscriptionMessage> {
  let seen = after;
  await feed.start();
  await assertInLog({ reader, feed }, seen);
  while (!signal.aborted) {
    // Taken before looking: news between the look and the wait then end the wait at once.
    const turn = feed.turn();
    const events = feed.since(seen, PAGE);
    if (events === undefined) {
      for await (const page of history({ reader, feed }, seen)) {
        if (signal.aborted) return;
        seen = page.at(-1)?.position ?? seen;
        yield { kind: 'events', events: page };
      }
    } else if (events.length > 0) {
      seen = events.at(-1)?.position ?? seen;
      yield { kind: 'events', events };
    } else {
      // While the log is out of reach nobody may hear that nothing is missing: states would be taken for fresh.
      if (feed.isCaughtUp()) yield { kind: 'caught-up', position: seen };
      await feed.news(turn, signal);
    }
  }
}

/** Until it meets what the feed holds in memory. */
async function* history(
  { reader, feed }: { readonly reader: LogReader; readonly feed: LiveFeed },
  after: Position | null,
): AsyncGenerator<readonly StoredEvent[]> {
  for await (const page of reader.scan(after)) {
    const events = page.flatMap(({ event }) => event ?? []);
    if (events.length > 0) yield events;
    const last = page.at(-1)?.position;
    if (last !== undefined && feed.since(last, 1) !== undefined) return;
  }
}

/** The feed may be a moment behind; the log itself must reach as far as the reader has come. */
async function assertInLog(
  { reader, feed }: { readonly reader: LogReader; readonly feed: LiveFeed },
  after: Position | null,
): Promise<void> {
  if (after === null || latest(after, feed.last()) === feed.last()) return;
  const head = await reader.head();
  if (head === null || after > head) {
    throw new CheckpointMismatch(
      `the log ends at ${head ?? 'its start'}, before ${after} where a reader wants to go on`,
    );
  }
}
