/** What is made of an order for its sellers, and how time is cut into buckets; pure. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Sealed } from '../../domain/sealed.ts';
import { newId } from '../../platform/ids.ts';
import type { Projection } from '../runtime/types.ts';
import { rowsOf } from '../testing/projected.ts';
import { type Purchase, purchase } from '../testing/purchase.ts';
import { type Told, told, toldAt } from '../testing/story.ts';
import { bucketStarts, type Granularity, MAX_BUCKETS, startOfDay } from './buckets.ts';
import { isTimeZone, localTime } from './local-time.ts';
import { type SaleRow, salesProjection } from './projection.ts';
import { split } from './shares.ts';

const [a, b] = [newId(), newId()];
const open = async <T>(_person: string, plain: T) => plain as unknown as Sealed<T>;
const variant = () => ({ productId: newId(), variantId: newId() });
const first = { ...variant(), sellerId: a, quantity: 2, unit: 1_000 };
const second = { ...variant(), sellerId: b, quantity: 1, unit: 500 };
const third = { ...variant(), sellerId: a, quantity: 1, unit: 300 };

const buy = () => purchase(open, [first, second, third], { buyerId: null, cartTokenHash: 'h' });
const order = (bought: Purchase) =>
  [...bought.placed, ...bought.confirmed].filter(({ stream }) => /^order-/.test(stream));
const sale = (events: readonly Told[], { orderId }: Purchase) =>
  rowsOf<SaleRow>(salesProjection as unknown as Projection, events).get(orderId);

const ended = ({ orderId, cartId }: Purchase, wasConfirmed: boolean) =>
  told(`order-${orderId}`, 'OrderCancelled', {
    orderId,
    cartId,
    wasConfirmed,
    reason: { code: 'cancelled_by_buyer', detail: '' },
  });

describe('a sale', () => {
  it('is shared out by seller and line, and counts from its confirmation', async () => {
    const bought = await buy();
    const [placed, confirmed] = order(bought) as [Told, Told];
    expect(sale([placed], bought)).toMatchObject({ confirmed_at: null, seller_ids: [a, b] });
    const row = sale([placed, ...toldAt('2026-03-01T10:00:00+01:00', [confirmed])], bought);
    expect(row).toMatchObject({ confirmed_at: '2026-03-01T09:00:00.000Z', cancelled_at: null, currency: 'USD' });
    expect(row?.shares[b]).toMatchObject({ units: 1, gross: 500, discounts: 0 });
    expect(row?.shares[a]).toMatchObject({ units: 3, gross: 2_300 });
    expect(row?.shares[a]?.lines.map(({ variantId, gross }) => [variantId, gross])).toEqual([
      [first.variantId, 2_000],
      [third.variantId, 300],
    ]);
  });

  it('that is cancelled stays where it was, and says when it was taken out', async () => {
    const bought = await buy();
    const row = sale([...order(bought), ...toldAt('2026-05-01T00:00:00Z', [ended(bought, true)])], bought);
    expect(row).toMatchObject({ confirmed_at: expect.any(String), cancelled_at: '2026-05-01T00:00:00.000Z' });
  });

  it('is none when its order was rejected, also before it was placed, or cancelled before it was confirmed', async () => {
    const bought = await buy();
    const [placed] = order(bought) as [Told];
    const { orderId, cartId } = bought;
    const reason = { code: 'deadline_passed' as const, detail: '' };
    const rejected = told(`order-${orderId}`, 'OrderRejected', { orderId, cartId, reason });
    expect(sale([placed, rejected], bought)).toBeUndefined();
    expect(sale([rejected], bought)).toBeUndefined();
    expect(sale([placed, ended(bought, false)], bought)).toBeUndefined();
  });
});

it('shares a discount by weight, and nothing is lost or made', () => {
  const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(amount, fc.array(fc.integer({ min: 0, max: 10 ** 13 }), { minLength: 1 }), (whole, weights) => {
      const parts = split(whole, weights);
      const sum = parts.reduce((total, part) => total + BigInt(part), 0n);
      expect(sum).toBe(weights.some((weight) => weight > 0) ? BigInt(whole) : 0n);
      expect(parts.every((part, at) => part >= 0 && (weights[at] !== 0 || part === 0))).toBe(true);
    }),
  );
  expect(split(100, [1, 1, 1])).toEqual([33, 33, 34]);
});

describe('buckets', () => {
  const starts = (timeZone: string, granularity: Granularity, from: string, to: string) =>
    bucketStarts(localTime(timeZone), granularity, { from: Date.parse(from), to: Date.parse(to) })?.map((start) =>
      new Date(start).toISOString().replace(':00.000Z', 'Z'),
    );

  it.each([
    // Clocks go back from 2:00 to 1:00: both hours are there, and the day has 25.
    ['America/New_York', 'hour', '2026-11-01T04:30Z', '2026-11-01T07:30Z', ['04:00', '05:00', '06:00', '07:00']],
    [
      'America/New_York',
      'day',
      '2026-10-31T12:00Z',
      '2026-11-02T12:00Z',
      ['10-31T04:00', '11-01T04:00', '11-02T05:00'],
    ],
    // By half an hour: the change begins an hour of its own.
    ['Australia/Lord_Howe', 'hour', '2026-04-04T14:10Z', '2026-04-04T16:00Z', ['14:00', '15:00', '15:30']],
    ['Australia/Lord_Howe', 'hour', '2026-10-03T14:40Z', '2026-10-03T16:30Z', ['14:30', '15:30', '16:00']],
    // Clocks leap over midnight, show it twice, or show the hour before it twice.
    [
      'America/Santiago',
      'day',
      '2026-09-05T12:00Z',
      '2026-09-07T12:00Z',
      ['09-05T04:00', '09-06T04:00', '09-07T03:00'],
    ],
    ['America/Havana', 'day', '2026-10-31T12:00Z', '2026-11-02T12:00Z', ['10-31T04:00', '11-01T04:00', '11-02T05:00']],
    ['America/Santiago', 'day', '2026-04-04T12:00Z', '2026-04-05T12:00Z', ['04-04T03:00', '04-05T04:00']],
    // 30 December 2011 was left out.
    ['Pacific/Apia', 'day', '2011-12-29T12:00Z', '2011-12-31T12:00Z', ['12-29T10:00', '12-30T10:00', '12-31T10:00']],
    ['Asia/Kathmandu', 'hour', '2026-04-03T12:00Z', '2026-04-03T13:00Z', ['11:15', '12:15']],
    ['Asia/Kolkata', 'day', '2026-04-03T12:00Z', '2026-04-04T12:00Z', ['04-02T18:30', '04-03T18:30']],
    ['UTC', 'week', '2026-01-01T12:00Z', '2026-01-12T00:00Z', ['12-29T00:00', '01-05T00:00']],
    ['Europe/Paris', 'month', '2026-02-10T00:00Z', '2026-04-01T00:00Z', ['01-31T23:00', '02-28T23:00', '03-31T22:00']],
  ] as const)('in %s by %s from %s to %s', (zone, granularity, from, to, expected) => {
    const found = starts(zone, granularity, from, to);
    expect(found?.map((start, at) => start.slice(-1 - (expected[at]?.length ?? 0), -1))).toEqual(expected);
  });

  it('cover every instant once, and begin where clocks show the beginning, everywhere', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone').filter(isTimeZone));
    const from = fc.integer({ min: Date.UTC(1972, 0), max: Date.UTC(2037, 0) });
    fc.assert(
      fc.property(zones, fc.constantFrom('hour', 'day', 'week', 'month'), from, (zone, granularity, at) => {
        const local = localTime(zone);
        const length = { hour: 1, day: 24, week: 168, month: 720 }[granularity] * 3_600_000;
        const found = bucketStarts(local, granularity, { from: at, to: at + 5 * length }) ?? [];
        expect(found[0]).toBeLessThanOrEqual(at);
        for (const [n, start] of found.entries()) {
          if (n > 0) expect(start).toBeGreaterThan(Math.max(at, found[n - 1] ?? 0));
          const turned = local.offsetAt(start) !== local.offsetAt(start - 1);
          const shown = new Date(local.shownAt(start));
          const whole =
            granularity === 'hour' ? shown.getUTCMinutes() : shown.getUTCHours() * 60 + shown.getUTCMinutes();
          if (!turned) expect(whole).toBe(0);
          if (granularity === 'week' && !turned) expect(shown.getUTCDay()).toBe(1);
          if (granularity === 'month' && !turned) expect(shown.getUTCDate()).toBe(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are not more than can be shown', () => {
    const hours = MAX_BUCKETS * 3_600_000;
    expect(bucketStarts(localTime('UTC'), 'hour', { from: 0, to: hours })).toHaveLength(MAX_BUCKETS);
    expect(bucketStarts(localTime('UTC'), 'hour', { from: 1, to: hours + 1 })).toBeUndefined();
    expect(bucketStarts(localTime('UTC'), 'hour', { from: 0, to: 1_000 * hours })).toBeUndefined();
  });

  it('know today and other days', () => {
    const local = localTime('Europe/Berlin');
    const day = (instant: string, later?: number) =>
      new Date(startOfDay(local, Date.parse(instant), later)).toISOString();
    expect(day('2026-03-29T12:00:00Z')).toBe('2026-03-28T23:00:00.000Z');
    expect(day('2026-03-29T12:00:00Z', 1)).toBe('2026-03-29T22:00:00.000Z');
    expect(day('2026-03-29T12:00:00Z', -1)).toBe('2026-03-27T23:00:00.000Z');
  });
});

it.each(['Nowhere/Land', 'EST', '+02:00', 'UTC+2', 'Europe/../Paris', ''])('%j is no time zone', (name) => {
  expect(isTimeZone(name)).toBe(false);
});
