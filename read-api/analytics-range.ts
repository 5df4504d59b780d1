/** The stretch of time that a question on sales is about, in the words of its query: dates, times and a time zone. */
import { z } from 'zod';
import { malformed } from '../platform/http/problem.ts';
import { bucketStarts, type Granularity, MAX_BUCKETS, startOfDay } from '../projections/sales/buckets.ts';
import { isTimeZone, type LocalTime, localTime } from '../projections/sales/local-time.ts';
import { type Range, timeText } from '../projections/sales/moments.ts';

const DEFAULT_DAYS = 30;
// What lies outside is a slip of the pen, and calendars of other centuries are none of a shop's business.
const [FIRST, LAST] = [Date.UTC(1970, 0, 2), Date.UTC(2200, 0, 1)];

const isDate = (text: string): boolean => z.iso.date().safeParse(text).success;
const isTime = (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success;
const moment = z.string().refine((text) => isDate(text) || isTime(text), {
  error: 'must be a date such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z (in an address, + is written %2B)',
});

export const timezoneQuery = z
  .string()
  .refine(isTimeZone, { error: 'must be a time zone of the IANA database such as Europe/Berlin, or UTC' })
  .default('UTC')
  .describe('Where dates and buckets begin: a name of the IANA time zone database');

export const rangeQuery = {
  from: moment
    .optional()
    .describe('From then on; a date is its beginning in the time zone. Left out: 30 days before `to`'),
  to: moment.optional().describe('Up to and without then. Left out: the end of today in the time zone'),
  timezone: timezoneQuery,
};

type RangeQuery = { readonly from?: string | undefined; readonly to?: string | undefined; readonly timezone: string };

/** Throws 400 where there is no time between the two, or they are far off. */
export function rangeOf({ from, to, timezone }: RangeQuery, now: string): Range {
  const local = localTime(timezone);
  const until = to === undefined ? startOfDay(local, Date.parse(now), 1) : instantOf(local, to);
  const since = from === undefined ? startOfDay(local, until, -DEFAULT_DAYS) : instantOf(local, from);
  if (since >= until) throw wrong('from', 'must be before to');
  if (since < FIRST) throw wrong('from', 'must not be before 1970');
  if (until > LAST) throw wrong('to', 'must not be after 2199');
  return { from: timeText(since), to: timeText(until) };
}

/** The starts of the range's buckets; throws 400 where they are too many. */
export function startsOf(range: Range, timezone: string, granularity: Granularity): readonly number[] {
  const span = { from: Date.parse(range.from), to: Date.parse(range.to) };
  const starts = bucketStarts(localTime(timezone), granularity, span);
  if (starts !== undefined) return starts;
  const most = MAX_BUCKETS.toLocaleString('en-US');
  throw wrong(
    'granularity',
    `${granularity} makes more than ${most} buckets of this range: ask for longer ones or for less time`,
  );
}

function instantOf(local: LocalTime, text: string): number {
  return isDate(text) ? local.firstShown(Date.parse(text)) : Date.parse(text);
}

function wrong(name: string, detail: string) {
  return malformed(`The query is wrong: ${name} ${detail}.`, [{ pointer: `/${name}`, code: 'out_of_range', detail }]);
}
