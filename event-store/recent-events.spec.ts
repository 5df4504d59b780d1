/** What is kept in memory is bounded and has no gaps; what is no longer there is not mistaken for nothing. */
import { expect, it } from '@jest/globals';
import { createRecentEvents } from './recent-events.ts';

type Numbered = { readonly number: number; readonly bytes: number };

const events = (from: number, to: number, bytes = 1): Numbered[] =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ number: from + n, bytes }));
const numbers = (found: readonly Numbered[] | undefined) => found?.map((event) => event.number);
const recentFrom = (start: number, bounds: { maxEvents: number; maxBytes: number }) =>
  createRecentEvents({ start, placeOf: (event: Numbered) => event.number, ...bounds });

it('gives what came after a number, up to a limit', () => {
  const recent = recentFrom(10, { maxEvents: 100, maxBytes: 1_000 });
  recent.push(events(11, 15));
  expect(numbers(recent.since(10, 3))).toEqual([11, 12, 13]);
  expect(numbers(recent.since(13, 3))).toEqual([14, 15]);
  expect(recent.since(15, 3)).toEqual([]);
  expect(recent.last()).toBe(15);
});

it('sends a reader that is further back than its first event to the log', () => {
  const recent = recentFrom(10, { maxEvents: 3, maxBytes: 1_000 });
  expect(recent.since(9, 5)).toBeUndefined();
  recent.push(events(11, 16));
  expect(recent.since(12, 5)).toBeUndefined();
  expect(numbers(recent.since(13, 5))).toEqual([14, 15, 16]);
});

it('forgets the oldest when the bytes are more than allowed', () => {
  const recent = recentFrom(0, { maxEvents: 100, maxBytes: 100 });
  for (let n = 1; n <= 50; n += 1) recent.push(events(n, n, 30));
  expect(recent.since(46, 5)).toBeUndefined();
  expect(numbers(recent.since(47, 5))).toEqual([48, 49, 50]);
});

it('finds its way between places that are not next to each other', () => {
  const recent = recentFrom(10, { maxEvents: 3, maxBytes: 1_000 });
  recent.push([20, 30, 40, 50].map((number) => ({ number, bytes: 1 })));
  expect(recent.since(19, 5)).toBeUndefined();
  expect(numbers(recent.since(20, 5))).toEqual([30, 40, 50]);
  expect(numbers(recent.since(35, 1))).toEqual([40]);
  expect(recent.since(50, 5)).toEqual([]);
});
