/** The feed of live readers: what it takes from memory, what it reads, and when it may say that nothing is missing. */
import { afterEach, expect, it } from '@jest/globals';
import { createLogger } from '../../platform/logging/logger.ts';
import type { Position, StoredEvent } from '../port.ts';
import { createLiveFeed, type LiveFeed } from './live-feed.ts';
import { positionOf } from './positions.ts';
import type { LogReader } from './reader.ts';
import type { SizedEvent } from './stored-events.ts';
import { subscription } from './subscription.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const endless = new AbortController().signal;
let feed: LiveFeed;
afterEach(() => feed.close());

const numbered = (from: number, to: number): SizedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, n) => {
    const position = positionOf(from + n);
    return { number: from + n, bytes: 10, event: { position } as unknown as StoredEvent };
  });

/** A log of `head` events, whose reads can be held up, or fail. */
function fakeLog(head: number) {
  const log = {
    head,
    reads: 0,
    before: async (_read: 'head' | 'range') => undefined as unknown,
    missing: 0,
  };
  const reader = {
    async head() {
      const now = log.head;
      await log.before('head');
      return now;
    },
    async range(after: number, upTo: number, { limit }: { limit: number }) {
      log.reads += 1;
      const page = numbered(after + 1, Math.min(upTo, after + limit)).filter(({ number }) => number !== log.missing);
      await log.before('range');
      return page;
    },
  } as unknown as LogReader;
  feed = createLiveFeed({ reader, logger, maxEvents: 100, maxBytes: 10_000 });
  const read = (after: Position | null) =>
    subscription({ reader, feed, ready: Promise.resolve() }, { after, signal: endless })[Symbol.asyncIterator]();
  return { log, read };
}

const numbersSince = (after: number) => feed.since(after, 100)?.map(({ number }) => number);

/** Waits for news until it is so; a failed look is news as well. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await feed.news(feed.turn(), endless).catch(() => undefined);
}

it('takes over what this process stored while it was reading, instead of reading on for ever', async () => {
  const { log } = fakeLog(0);
  await feed.start();
  await until(() => true);
  // Someone else's event 1 has to be read; while that takes its time, this process stores 2 to 4.
  log.head = 1;
  log.before = async (read) => {
    if (read !== 'range') return;
    log.head = 4;
    feed.offer(numbered(2, 2));
    feed.offer(numbered(3, 4));
  };
  feed.hint(1);
  await until(() => feed.last() >= 4);
  expect(numbersSince(0)).toEqual([1, 2, 3, 4]);
  expect(log.reads).toBe(1);
});

it('reads what lies between when what this process stored does not follow', async () => {
  const { log } = fakeLog(3);
  await feed.start();
  log.head = 6;
  feed.offer(numbered(6, 6));
  await until(() => feed.last() === 6);
  expect(numbersSince(3)).toEqual([4, 5, 6]);
});

it('does not say that a reader has caught up while the log cannot be looked at', async () => {
  const { log, read } = fakeLog(3);
  const first = read(positionOf(3));
  expect((await first.next()).value).toMatchObject({ kind: 'caught-up' });
  log.before = async () => {
    throw new Error('away');
  };
  await expect(first.next()).rejects.toThrow('away');
  await expect(read(positionOf(3)).next()).rejects.toThrow('away');
  log.before = async () => undefined;
  log.head = 4;
  await until(() => feed.last() === 4);
  const again = read(positionOf(3));
  expect((await again.next()).value).toMatchObject({ kind: 'events' });
  expect((await again.next()).value).toEqual({ kind: 'caught-up', position: positionOf(4) });
});

it('stops loudly at a hole in the log, and hands nothing on past it', async () => {
  const { log, read } = fakeLog(1);
  const reader = read(positionOf(1));
  await reader.next();
  log.head = 5;
  log.missing = 3;
  feed.hint(5);
  await expect(
    (async () => {
      for (;;) await reader.next();
    })(),
  ).rejects.toThrow(/event 3 is missing/);
});

it('stops at a hole in history as well', async () => {
  const { log, read } = fakeLog(500);
  log.missing = 7;
  const reader = read(positionOf(2));
  await expect(reader.next()).rejects.toThrow(/event 7 is missing/);
});
