/** The one live tail of this process: one subscription to the whole log, from which every reader is fed. */
import type { AllStreamResolvedEvent, AllStreamSubscription, EventStoreDBClient } from '@eventstore/db-client';
import { START } from '@eventstore/db-client';
import type { Logger } from '../../platform/logging/logger.ts';
import { backoff, pause } from '../../platform/process/pause.ts';
import { createNews } from '../news.ts';
import { CheckpointMismatch, LogUnavailable, MAX_APPEND_BYTES, type Position, type StoredEvent } from '../port.ts';
import { createRecentEvents, type RecentEvents } from '../recent-events.ts';
import { placeOf } from './positions.ts';
import type { LogReader } from './reader.ts';
import type { SameLog } from './same-log.ts';
import { IDENTITY_STREAM, recordOf } from './stored-events.ts';
import type { LogWriter } from './writer.ts';

export type LiveFeed = {
  /** Starts following where nobody did; resolves when the end is known. Rejects when the log cannot be read. */
  start(): Promise<void>;
  /** Position of the last event it has seen. */
  last(): Position | null;
  since(after: Position | null, limit: number): readonly StoredEvent[] | undefined;
  /** True while it is known that nothing is missing. */
  isCaughtUp(): boolean;
  turn(): number;
  /** Resolves when `turn()` is no longer `seen`, or the signal aborts; rejects when the log cannot be read. */
  news(seen: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type LiveFeedOptions = {
  readonly client: EventStoreDBClient;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  readonly same: SameLog;
  readonly logger: Logger;
  readonly maxEvents: number;
  readonly maxBytes: number;
};

type SizedEvent = { readonly bytes: number; readonly event: StoredEvent };

/** Since when the subscription brings nothing though the log goes on, and since when the log was seen to end too early. */
type Patience = { behind: number; ahead: number | undefined; cursor: Position | null };

/** The beat by which readers know that they are not cut off. */
const POLL_MS = 500;
/** What was seen this long ago says nothing of now. */
const FRESH_MS = 2_500;
/** So long the subscription may bring nothing while the log goes on, or the log end before what was seen. */
const PATIENCE_MS = 5_000;
/** Records taken from the connection ahead of us: the server drops a subscriber that lets some tens of them wait. */
const READ_AHEAD = 1_000;

export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { client, reader, writer, same, logger, maxEvents, maxBytes } = options;
  const closing = new AbortController();
  const news = createNews();
  let recent: RecentEvents<SizedEvent, string> | undefined;
  let starting: Promise<void> | undefined;
  let running: Promise<unknown> | undefined;
  /** The last record seen, hidden ones included. */
  let cursor: Position | null = null;
  let listening = false;
  let telling = false;
  let looked = { at: Number.NEGATIVE_INFINITY, end: null as Position | null };
  /** Another log stands there: for good. */
  let broken: CheckpointMismatch | undefined;
  let dropSubscription = (_why: string): void => undefined;

  const isAtEnd = (): boolean =>
    cursor !== null && (looked.end === null || cursor >= looked.end) && cursor >= (writer.known() ?? '');

  const breakFor = (error: CheckpointMismatch): void => {
    if (!broken) logger.error({ err: error, last: recent?.last() }, 'the log is another one than before');
    broken = error;
    same.lost(error);
    listening = false;
    news.tell(error);
  };

  /** Once for all that came together. */
  const tellSoon = (): void => {
    if (telling) return;
    telling = true;
    setImmediate(() => {
      telling = false;
      news.tell();
    });
  };

  const take = (resolved: AllStreamResolvedEvent): void => {
    if (!resolved.event || !recent || broken) return;
    const { position, stream, event } = recordOf(resolved.event);
    if (cursor !== null && position <= cursor) return;
    cursor = position;
    writer.knows(position);
    if (event) {
      recent.push([{ event, bytes: bytesOf(event) }]);
      same.saw(event);
    }
    reader.nothingBetween((recent.last() as Position) || null, position);
    if (event) tellSoon();
    // Perhaps the log was declared restored while this process was running: it is looked at before going on.
    if (stream === IDENTITY_STREAM) dropSubscription('the identity of the log was written');
  };

  /** Listens until the subscription ends, for whatever reason. */
  const listen = async (): Promise<void> => {
    await same.assert();
    if (closing.signal.aborted) return;
    const subscription = client.subscribeToAll(
      { fromPosition: cursor === null ? START : placeOf(cursor) },
      { highWaterMark: READ_AHEAD },
    );
    await ended(subscription, take);
  };

  const ended = (subscription: AllStreamSubscription, onRecord: (record: AllStreamResolvedEvent) => void) =>
    new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        listening = false;
        same.doubt();
        closing.signal.removeEventListener('abort', close);
        void subscription.unsubscribe().catch(() => undefined); // It may never have begun.
        settle();
      };
      const close = () => end(resolve);
      dropSubscription = (why) => end(() => reject(new Error(why)));
      closing.signal.addEventListener('abort', close);
      subscription.on('confirmation', () => {
        listening = true;
      });
      subscription.on('data', onRecord);
      subscription.on('error', (error) => end(() => reject(error)));
      subscription.on('end', () => dropSubscription('the server ended the subscription'));
    });

  const follow = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted && !broken; ) {
      const before = cursor;
      try {
        await listen();
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof CheckpointMismatch) return breakFor(error);
        failures = cursor === before ? failures + 1 : 0;
        logger.info({ err: error, cursor }, 'the subscription to the log ended; going on from its place');
        if (failures > 0) await backoff(failures - 1, closing.signal);
      }
    }
  };

  /** Looks where the log ends: only against that it is known whether all was heard. */
  const look = async (patience: Patience): Promise<void> => {
    const before = cursor;
    const end = await reader.end();
    const now = performance.now();
    looked = { at: now, end };
    // While a new leader is being chosen the end may seem to lie back for a moment.
    if (before !== null && (end === null || end < before)) {
      patience.ahead ??= now;
      if (now - patience.ahead > PATIENCE_MS)
        breakFor(new CheckpointMismatch(`the log ends at ${end}, but ${before} was read from it`));
      return;
    }
    patience.ahead = undefined;
    if (isAtEnd() || cursor !== patience.cursor) patience.behind = now;
    patience.cursor = cursor;
    if (now - patience.behind > PATIENCE_MS && listening) {
      patience.behind = now;
      dropSubscription('the log goes on, but the subscription brings nothing');
    }
    news.tell();
  };

  const watch = async (): Promise<void> => {
    const patience: Patience = { behind: performance.now(), ahead: undefined, cursor };
    for (let failed = false; !closing.signal.aborted && !broken; ) {
      try {
        await look(patience);
        failed = false;
      } catch (error) {
        if (closing.signal.aborted) return;
        looked = { at: Number.NEGATIVE_INFINITY, end: looked.end };
        // Of a log that was away it is not known how it ended meanwhile.
        patience.ahead = undefined;
        if (!failed) logger.warn({ err: error, cursor }, 'the log cannot be looked at; trying again');
        failed = true;
        news.tell(error);
      }
      await pause(POLL_MS, closing.signal);
    }
  };

  const begin = async (): Promise<void> => {
    await same.assert();
    const end = await reader.end();
    const last = await reader.head();
    const event = last === null ? undefined : await reader.at(last);
    if (event) same.saw(event);
    // In this order nothing falls between the two looks; what is read twice is dropped.
    cursor = last ?? end;
    recent = createRecentEvents({
      start: last ?? '',
      placeOf: ({ event }: SizedEvent) => event.position as string,
      maxEvents,
      maxBytes,
    });
    running = Promise.all([follow(), watch()]);
  };

  return {
    start() {
      if (broken) return Promise.reject(broken);
      starting ??= begin().catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
      return starting;
    },
    last: () => (recent?.last() || null) as Position | null,
    since: (after, limit) => recent?.since(after ?? '', limit)?.map(({ event }) => event),
    isCaughtUp: () => listening && performance.now() - looked.at < FRESH_MS && isAtEnd(),
    turn: news.turn,
    news(seen, signal) {
      if (broken) return Promise.reject(broken);
      if (closing.signal.aborted) return Promise.reject(new LogUnavailable('the log is closed'));
      return news.wait(seen, signal);
    },
    async close() {
      closing.abort();
      news.tell(new LogUnavailable('the log is closed'));
      await running;
    },
  };
}

function bytesOf({ data, metadata }: StoredEvent): number {
  try {
    return JSON.stringify(data).length + JSON.stringify(metadata).length;
  } catch {
    // Another writer's, nested deeper than can be written as text; ours are not.
    return MAX_APPEND_BYTES;
  }
}
