/** Batches are fair, bounded, and hold one append of a stream. */
import { expect, it } from '@jest/globals';
import { createAppendQueue, MAX_BATCH_APPENDS, MAX_BATCH_BYTES, type PendingAppend } from './append-queue.ts';

function pending(stream: string, options: { bytes?: number; deadline?: number } = {}): PendingAppend {
  const { bytes = 10, deadline = 1_000 } = options;
  return { stream, expected: -1, events: [], bytes, deadline, resolve: () => undefined, reject: () => undefined };
}

const names = (appends: readonly PendingAppend[]) => appends.map((append) => append.stream);

it('takes one append of a stream per batch, in the order they came', () => {
  const queue = createAppendQueue();
  const [first, second] = [pending('a'), pending('a')];
  for (const append of [first, pending('b'), second, pending('c')]) queue.add(append);
  const batch = queue.take();
  expect(names(batch)).toEqual(['a', 'b', 'c']);
  expect(batch[0]).toBe(first);
  expect(queue.take()).toEqual([second]);
  expect(queue.size()).toBe(0);
});

it('lets other streams go before the second append of one', () => {
  const queue = createAppendQueue();
  for (let n = 0; n < MAX_BATCH_APPENDS; n += 1) queue.add(pending(`s${n}`));
  queue.add(pending('s0'));
  queue.add(pending('late'));
  expect(queue.take()).toHaveLength(MAX_BATCH_APPENDS);
  expect(names(queue.take())).toEqual(['late', 's0']);
});

it('ends a batch before it grows past the bytes, but always takes one', () => {
  const queue = createAppendQueue();
  for (const stream of ['a', 'b', 'c']) queue.add(pending(stream, { bytes: MAX_BATCH_BYTES * 0.6 }));
  expect(names(queue.take())).toEqual(['a']);
  queue.add(pending('d', { bytes: MAX_BATCH_BYTES * 2 }));
  expect([names(queue.take()), names(queue.take()), names(queue.take())]).toEqual([['b'], ['c'], ['d']]);
});

it('leaves the rest for the next batch when it is asked for some, the oldest first', () => {
  const queue = createAppendQueue();
  for (const stream of ['a', 'b', 'c']) queue.add(pending(stream));
  expect(names(queue.take(2))).toEqual(['a', 'b']);
  queue.add(pending('d'));
  expect(names(queue.take())).toEqual(['c', 'd']);
});

it('gives up what is past its deadline and keeps the rest in order', () => {
  const queue = createAppendQueue();
  queue.add(pending('a', { deadline: 5 }));
  queue.add(pending('a', { deadline: 50 }));
  queue.add(pending('b', { deadline: 50 }));
  expect(names(queue.takeExpired(10))).toEqual(['a']);
  expect(queue.size()).toBe(2);
  expect(names(queue.take())).toEqual(['a', 'b']);
});
