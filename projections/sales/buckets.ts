/** Cuts a stretch of time into hours, days, weeks or months as clocks and calendars of one time zone have them. */
import type { LocalTime } from './local-time.ts';

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LENGTH = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY };

/** So many buckets at most: more is asked for in parts. */
export const MAX_BUCKETS = 10_000;

/**
 * The starts of the buckets that hold the instants from `from` up to and without `to`, in order; undefined where there
 * would be more than `MAX_BUCKETS`. Weeks begin on Monday (ISO 8601). A day that begins twice begins the first time; one
 * that a zone leaps over is not there; every change of the clock begins an hour. So each instant is in one bucket.
 */
export function bucketStarts(
  local: LocalTime,
  granularity: Granularity,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] | undefined {
  if ((to - from) / LENGTH[granularity] > MAX_BUCKETS) return undefined;
  const starts: number[] = [];
  for (const start of granularity === 'hour' ? hours(local, from) : days(local, granularity, from)) {
    if (start >= to) break;
    // What is over before `from` gives way to the next.
    if (start <= from) starts.length = 0;
    if (starts.push(start) > MAX_BUCKETS) return undefined;
  }
  return starts;
}

/** When the day begins in which an instant lies, or one so many days later (below zero: earlier). */
export function startOfDay(local: LocalTime, instant: number, daysLater = 0): number {
  return local.firstShown(floor(local.shownAt(instant), 'day') + daysLater * DAY);
}

function* hours(local: LocalTime, from: number): Generator<number> {
  const before = from - mod(local.shownAt(from), HOUR);
  const changed = local.offsetAt(before) !== local.offsetAt(from);
  for (let start = changed ? local.changeIn(before, from) : before; ; ) {
    yield start;
    const next = start + HOUR - mod(local.shownAt(start), HOUR);
    start = local.offsetAt(next) === local.offsetAt(start) ? next : local.changeIn(start, next);
  }
}

function* days(local: LocalTime, granularity: Exclude<Granularity, 'hour'>, from: number): Generator<number> {
  let last = Number.NEGATIVE_INFINITY;
  for (let shown = floor(local.shownAt(from), granularity); ; shown = next(shown, granularity)) {
    const start = local.firstShown(shown);
    if (start > last) yield start;
    last = start;
  }
}

function floor(shown: number, granularity: Exclude<Granularity, 'hour'>): number {
  const day = Math.floor(shown / DAY);
  // 1 January 1970 was a Thursday.
  if (granularity === 'week') return (day - mod(day + 3, 7)) * DAY;
  return granularity === 'day' ? day * DAY : month(shown, 0);
}

function next(shown: number, granularity: Exclude<Granularity, 'hour'>): number {
  return granularity === 'month' ? month(shown, 1) : shown + LENGTH[granularity];
}

function month(shown: number, later: number): number {
  const date = new Date(shown);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
}

const mod = (a: number, b: number): number => ((a % b) + b) % b;
