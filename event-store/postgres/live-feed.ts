/** The one live tail of this process: follows the head and feeds every subscription from memory. */
import type { Logger } from '../../platform/logging/logger.ts';
import { backoff, pause } from '../../platform/process/pause.ts';
import { createNews } from '../news.ts';
import { CheckpointMismatch, LogUnavailable } from '../port.ts';
import { createRecentEvents, type RecentEvents } from '../recent-events.ts';
import type { LogReader } from './reader.ts';
import { assertWhole, type SizedEvent } from './stored-events.ts';

export type LiveFeed = {
  /** Starts following where nobody did; resolves when the head is known. Rejects when the log cannot be read. */
  start(): Promise<void>;
  /** Number of the last event it has seen. */
  last(): number;
  since(after: number, limit: number): readonly SizedEvent[] | undefined;
  /** Why the log could not be looked at last time; undefined while it can: what was seen then says nothing of now. */
  failure(): unknown;
  /** Counts news: events, and each time it was seen that there are none. */
  turn(): number;
  /** Resolves when `turn()` is no longer `seen`, or the signal aborts; rejects when the log cannot be read. */
  news(seen: number, signal: AbortSignal): Promise<void>;
  /** What this process has stored, in order: taken as it is where it follows on the last event, else read. */
  offer(events: readonly SizedEvent[]): void;
  /** Someone stored events up to this number. */
  hint(number: number): void;
  close(): Promise<void>;
};

export type LiveFeedOptions = {
  readonly reader: LogReader;
  readonly logger: Logger;
  readonly maxEvents: number;
  readonly maxBytes: number;
};

// The net under lost notifications; also the beat by which readers know that they are not cut off.
const POLL_MS = 500;
const PAGE = 1_000;

export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { reader, logger, ...bounds } = options;
  const closing = new AbortController();
  const news = createNews();
  let recent: RecentEvents<SizedEvent, number> | undefined;
  let running: Promise<void> | undefined;
  let starting: Promise<void> | undefined;
  // What this process stored while a page was being read; undefined while none is.
  let meanwhile: SizedEvent[] | undefined;
  let failure: unknown;
  let wakeUp = new AbortController();

  const startAt = (start: number) => {
    recent = createRecentEvents({ start, placeOf: ({ number }: SizedEvent) => number, ...bounds });
  };

  /** Keeps those that follow on the last event; where others lie between, they are read. */
  const take = (events: RecentEvents<SizedEvent, number>, offered: readonly SizedEvent[]): void => {
    const fresh = offered.filter(({ number }) => number > events.last());
    const next = events.last() + 1;
    const following = fresh.filter(({ number }, index) => number === next + index);
    events.push(following);
    if (following.length < fresh.length) wakeUp.abort();
  };

  /** Reads up to the head, which is taken first: what is committed meanwhile is found by the next round. */
  const catchUp = async (events: RecentEvents<SizedEvent, number>): Promise<void> => {
    meanwhile = [];
    try {
      const head = await reader.head();
      if (head < events.last()) {
        startAt(head);
        throw new CheckpointMismatch(`the log ends at ${head}, but ${events.last()} was read from it`);
      }
      while (events.last() < head && !closing.signal.aborted) {
        const page = await reader.range(events.last(), head, { limit: PAGE });
        assertWhole(page, events.last());
        events.push(page);
        news.tell();
      }
      // Without these a process that stores all the time would read back for ever what it has in its hands.
      take(events, meanwhile);
      failure = undefined;
    } finally {
      meanwhile = undefined;
    }
    news.tell();
  };

  const follow = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      wakeUp = new AbortController();
      try {
        if (recent) await catchUp(recent);
        failures = 0;
        await pause(POLL_MS, AbortSignal.any([closing.signal, wakeUp.signal]));
      } catch (error) {
        if (closing.signal.aborted) return;
        failure = error;
        logger.warn({ err: error, last: recent?.last() }, 'the log cannot be followed; trying again');
        news.tell(error);
        await backoff(failures, closing.signal);
        failures += 1;
      }
    }
  };

  return {
    start() {
      starting ??= reader
        .head()
        .then((head) => {
          startAt(head);
          running = follow();
        })
        .catch((error: unknown) => {
          starting = undefined;
          throw error;
        });
      return starting;
    },
    last: () => recent?.last() ?? 0,
    since: (after, limit) => recent?.since(after, limit),
    failure: () => failure,
    turn: news.turn,
    news: (seen, signal) =>
      closing.signal.aborted ? Promise.reject(new LogUnavailable('the log is closed')) : news.wait(seen, signal),
    offer(events) {
      if (!recent || events.length === 0) return;
      if (!meanwhile) {
        take(recent, events);
        news.tell();
      } else if (meanwhile.length + events.length <= bounds.maxEvents) {
        meanwhile.push(...events);
      } else {
        wakeUp.abort();
      }
    },
    hint(number) {
      if (recent && number > recent.last()) wakeUp.abort();
    },
    async close() {
      closing.abort();
      news.tell(new LogUnavailable('the log is closed'));
      await running;
    },
  };
}
