/** Sales as they are read equal the sums over the log, whatever happened, in every zone; also where the log came first. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../platform/ids.ts';
import { allProjections } from '../../projections/all.ts';
import { bucketStarts, type Granularity } from '../../projections/sales/buckets.ts';
import { localTime } from '../../projections/sales/local-time.ts';
import { timeText } from '../../projections/sales/moments.ts';
import { salesByProduct } from '../../projections/sales/product-queries.ts';
import { salesByBucket, salesByOrder } from '../../projections/sales/queries.ts';
import { bustle } from '../../projections/testing/bustle.ts';
import { type Bought, purchase } from '../../projections/testing/purchase.ts';
import { type Told, told, toldAt } from '../../projections/testing/story.ts';
import { createTestLog, type TestLog } from '../../projections/testing/test-log.ts';
import { eventsOfLines, type LoggedEvent, type Sold, sumSales } from './sum-of-log.ts';

let log: TestLog;
let projections: ReturnType<TestLog['runtime']>;

beforeAll(async () => {
  log = await createTestLog();
  // Written before the projection that sums it is there.
  await log.tell(await bustle(log, 10));
  const needed = allProjections.filter(({ name }) => ['sales', 'products', 'variants'].includes(name));
  projections = log.runtime({ projections: needed, derived: [] });
  await projections.start();
});
afterAll(() => log?.close());

const GRAINS: readonly Granularity[] = ['hour', 'day', 'week', 'month'];
const ZONES = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Santiago'];
// Five days around changes of the clock in the north and in the south.
const WEEKS = ['2026-03-06', '2026-04-03', '2026-09-04', '2026-10-02', '2026-10-30'].map((day) => Date.parse(day));

type Deal = {
  readonly placedAt: number;
  readonly hours: number;
  readonly currency: string;
  readonly discount: number;
  readonly lines: readonly { readonly seller: number; readonly item: number; readonly quantity: number }[];
  readonly end: 'placed' | 'rejected' | 'confirmed' | 'cancelled' | 'cancelled after';
};

const deals = fc.array(
  fc.record({
    placedAt: fc.tuple(fc.constantFrom(...WEEKS), fc.nat(5 * 86_400_000)).map(([week, later]) => week + later),
    hours: fc.nat(60),
    currency: fc.constantFrom('USD', 'EUR'),
    discount: fc.nat(99),
    lines: fc.array(fc.record({ seller: fc.nat(1), item: fc.nat(2), quantity: fc.integer({ min: 1, max: 5 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    end: fc.constantFrom('placed', 'rejected', 'confirmed', 'confirmed', 'cancelled', 'cancelled after'),
  }) as fc.Arbitrary<Deal>,
  { minLength: 20, maxLength: 40 },
);

type World = {
  readonly sellers: readonly string[];
  readonly items: readonly Pick<Bought, 'productId' | 'variantId'>[];
};

async function history(world: World, dealt: readonly Deal[]): Promise<Told[]> {
  const all: Told[] = [];
  for (const { placedAt, hours, currency, discount, lines, end } of dealt) {
    const bought = lines.map(({ seller, item, quantity }) => ({
      ...(world.items[item] as World['items'][number]),
      sellerId: world.sellers[seller] as string,
      quantity,
      unit: 333,
    }));
    const made = await purchase(log.seal, bought, { buyerId: null, cartTokenHash: 'h' });
    const { orderId, cartId } = made;
    const stream = `order-${orderId}`;
    const ids = { orderId, cartId };
    const reason = { code: 'cancelled_by_buyer' as const, detail: '' };
    const ends = {
      placed: [],
      rejected: [told(stream, 'OrderRejected', { ...ids, reason: { code: 'out_of_stock', detail: '' } })],
      confirmed: [told(stream, 'OrderConfirmed', ids)],
      cancelled: [told(stream, 'OrderCancelled', { ...ids, wasConfirmed: false, reason })],
      'cancelled after': [
        told(stream, 'OrderConfirmed', ids),
        told(stream, 'OrderCancelled', { ...ids, wasConfirmed: true, reason }),
      ],
    };
    const placed = made.placed.filter((event) => event.stream === stream);
    const events = [...placed, ...ends[end]].flatMap((event, n) =>
      toldAt(new Date(placedAt + n * hours * 3_600_000).toISOString(), [event]),
    );
    all.push(
      ...(JSON.parse(JSON.stringify(events).replaceAll('"USD"', `"${currency}"`)) as Told[]).map(cheaper(discount)),
    );
  }
  return all;
}

/** The order with something off its items: no event of a coupon exists yet, the figure does. */
function cheaper(amount: number): (event: Told) => Told {
  return (event) => {
    if (event.type === 'OrderPlaced') event.data.quote.totals.discount.amount = amount;
    return event;
  };
}

async function readLog(): Promise<LoggedEvent[]> {
  const lines: string[] = [];
  for (let after = null as Parameters<typeof log.store.readAll>[0]['after']; ; ) {
    const page = await log.store.readAll({ after, limit: 1_000 });
    lines.push(...page.events.map((event) => JSON.stringify(event)));
    if (page.end) break;
    after = page.next;
  }
  const events: LoggedEvent[] = [];
  for await (const event of eventsOfLines(lines)) events.push(event);
  return events;
}

/** What clocks and calendars show, in words, without what the buckets are made with. */
function bucketOf(timeZone: string, granularity: Granularity): (at: string) => string {
  const clock = { hour: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' } as const;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    ...(granularity === 'month' ? {} : { day: '2-digit' }),
    ...(granularity === 'hour' ? clock : {}),
  });
  return (at) => {
    const shown = format.format(new Date(at));
    if (granularity !== 'week') return shown;
    const monday = new Date(shown);
    monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
    return monday.toISOString().slice(0, 10);
  };
}

const some = ({ orders, cancelledOrders }: Sold) => orders + cancelledOrders > 0;

const SPAN = { from: Date.parse('2026-03-01'), to: Date.parse('2026-11-30') };
const RANGE = { from: timeText(SPAN.from), to: timeText(SPAN.to) };

async function readSales(sellerId: string, starts: readonly number[], named: (from: string) => string) {
  const { items } = await salesByBucket(log.database.pool, sellerId, { range: RANGE, starts });
  const sold = items.filter(some).map(({ from, currency, ...sum }) => [`${sellerId} ${currency} ${named(from)}`, sum]);
  return new Map(sold as [string, Sold][]);
}

it('equal the sums over the log, in every zone and by every measure', async () => {
  await fc.assert(
    fc.asyncProperty(deals, async (dealt) => {
      const world = {
        sellers: [newId(), newId()],
        items: [0, 1, 2].map(() => ({ productId: newId(), variantId: newId() })),
      };
      const position = await log.tell(await history(world, dealt));
      expect(await projections.waitFor(position, ['sales'], 20_000)).toEqual({ ok: true });
      const events = await readLog();
      for (const zone of ZONES) {
        for (const grain of GRAINS) {
          const named = bucketOf(zone, grain);
          const starts = bucketStarts(localTime(zone), grain, SPAN) ?? [];
          const sums = await sumSales(events, named);
          for (const seller of world.sellers) {
            const own = [...sums].filter(([key]) => key.startsWith(seller));
            expect(await readSales(seller, starts, named)).toEqual(new Map(own));
          }
        }
      }
    }),
    { numRuns: 2 },
  );
});

describe('a history that was there before', () => {
  it('is summed by product and by order to what the log says, page by page', async () => {
    const events = await readLog();
    const early = events.filter(({ type }) => type === 'ProductDrafted');
    const sellerId = early[0]?.data.sellerId;
    expect(early).toHaveLength(10);
    const range = { from: '2000-01-01T00:00:00.000Z', to: '2999-01-01T00:00:00.000Z' };
    const sums = await sumSales(events, () => 'ever');
    const expected = sums.get(`${sellerId} USD ever`) as Sold;
    expect(expected.orders).toBe(10);
    const reader = log.database.pool;
    const add = (sold: readonly { units: number; gross: number; net: number }[]) => ({
      rows: sold.length,
      units: sold.reduce((sum, { units }) => sum + units, 0),
      gross: sold.reduce((sum, { gross }) => sum + gross, 0),
      net: sold.reduce((sum, { net }) => sum + net, 0),
    });
    const wanted = { rows: 10, units: expected.units, gross: expected.gross, net: expected.net };
    const orders = await pages((cursor) => salesByOrder(reader, sellerId, { range, cursor, limit: 3 }));
    expect(add(orders)).toEqual(wanted);
    for (const by of ['product', 'variant'] as const) {
      for (const sort of ['gross', 'net', 'units', 'orders'] as const) {
        const products = await pages((cursor) =>
          salesByProduct(reader, sellerId, { range, by, sort, cursor, limit: 3 }),
        );
        expect(add(products)).toEqual(wanted);
        expect(products.map((item) => item[sort])).toEqual(products.map((item) => item[sort]).sort((x, y) => y - x));
      }
    }
  });
});

async function pages<T>(page: (cursor?: string) => Promise<{ items: readonly T[]; nextCursor: string | null }>) {
  const all: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const found: { items: readonly T[]; nextCursor: string | null } = await page(cursor);
    all.push(...found.items);
    cursor = found.nextCursor;
  }
  return all;
}
