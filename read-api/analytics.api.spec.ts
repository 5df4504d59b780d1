/** A seller's figures over HTTP: whose they are, what they say, every refusal, as CSV and live. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watchStream } from '../platform/http/testing/event-stream.ts';
import { newId } from '../platform/ids.ts';
import type { Bought, Purchase } from '../projections/testing/purchase.ts';
import { told, toldAt } from '../projections/testing/story.ts';
import { customersBucket, orderSales, productSales, salesBucket, stockOutlookShape } from './analytics-shapes.ts';
import { createReadShop, headersOf, type ReadShop } from './testing/read-shop.ts';
import { all, applied, buy, cancelled, SPRING, tellSpring } from './testing/spring.ts';

const { sellerUser, otherUser, buyer, sellerId, lamp, shade, desk } = SPRING;
const seller = { userId: sellerUser };
const staff = newId();

let shop: ReadShop;
let spring: Purchase;
beforeAll(async () => {
  shop = await createReadShop();
  spring = await tellSpring(shop);
});
afterAll(() => shop?.stop());

const bought = (lines: readonly Bought[]) => buy(shop, lines);
const ask = (path: string, as: Parameters<ReadShop['get']>[1] = seller, headers: Record<string, string> = {}) =>
  shop.get(`/sellers/me/analytics/${path}`, as, headers);
/** Where it is about noon: no midnight comes in between. */
const NOON = `Etc/GMT${((hour) => (hour < 12 ? `-${12 - hour}` : `+${hour - 12}`))(new Date().getUTCHours())}`;
const APRIL = 'from=2026-04-01&to=2026-05-01';

describe('sales', () => {
  it('stand in the buckets of the time zone, each currency for itself; a cancellation stands in its own', async () => {
    const { status, body } = await ask('sales?from=2026-03-31&to=2026-04-03&timezone=America/New_York');
    expect(status).toBe(200);
    expect(body.nextCursor).toBeUndefined();
    for (const item of body.items) salesBucket.strict().parse(item);
    const zero = { orders: 0, units: 0, gross: 0, discounts: 0, cancelledOrders: 0, cancelledUnits: 0, cancelled: 0 };
    const [march, april, second] = ['2026-03-31T04', '2026-04-01T04', '2026-04-02T04'].map((at) => `${at}:00:00.000Z`);
    expect(body.items).toEqual([
      { from: march, currency: 'EUR', ...zero, net: 0 },
      { from: march, currency: 'USD', ...zero, orders: 1, units: 3, gross: 2_300, net: 2_300 },
      { from: april, currency: 'EUR', ...zero, net: 0 },
      { from: april, currency: 'USD', ...zero, net: 0 },
      { from: second, currency: 'EUR', ...zero, orders: 1, units: 1, gross: 900, net: 900 },
      {
        from: second,
        currency: 'USD',
        ...zero,
        orders: 1,
        units: 1,
        gross: 1_000,
        cancelledOrders: 1,
        cancelledUnits: 3,
        cancelled: 2_300,
        net: -1_300,
      },
    ]);
  });

  it('count from and up to the very times that are asked for', async () => {
    const orders = async (query: string) => {
      const { body } = await ask(`sales?granularity=month&${query}`);
      return body.items.reduce((sum: number, item: { orders: number }) => sum + item.orders, 0);
    };
    expect(await orders('from=2026-04-01T03:30:00Z&to=2026-04-02T12:00:00Z')).toBe(1);
    expect(await orders('from=2026-04-01T03:30:01Z&to=2026-04-02T12:00:01Z')).toBe(1);
    expect(await orders('from=2026-04-01T05:30:00%2B02:00&to=2026-04-02T12:00:00.001Z')).toBe(2);
  });

  it('are none where nothing was sold, and of the last 30 days where no time is named', async () => {
    expect((await ask('sales?from=2020-01-01&to=2020-02-01')).body).toEqual({ items: [] });
    const sold = await bought([{ ...desk, quantity: 1, unit: 5 }]);
    await shop.tell(all(sold));
    const { body } = await ask(`sales?timezone=${encodeURIComponent(NOON)}`, { userId: otherUser });
    expect(body.items).toHaveLength(30);
    expect(body.items.at(-1)).toMatchObject({ orders: 1, gross: 5, currency: 'USD' });
  });

  it('have a tag, a position, and can be waited for', async () => {
    const first = await ask(`sales?${APRIL}`);
    expect(first.headers.get('souk-position')).not.toBeNull();
    const again = await ask(`sales?${APRIL}`, seller, { 'if-none-match': first.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
    const more = await bought([{ ...lamp, quantity: 7, unit: 1 }]);
    const position = await shop.log.tell(toldAt('2026-06-01T00:00:00Z', all(more)));
    const wait = { 'souk-wait-for': shop.token(position) };
    const { body } = await ask('sales?from=2026-06-01&to=2026-06-02', seller, wait);
    expect(body.items).toMatchObject([{ units: 7 }]);
  });
});

describe('products', () => {
  it('are summed over their variants, or one by one, under their name of today', async () => {
    const { body } = await ask(`products?${APRIL}`);
    for (const item of body.items) productSales.strict().parse(item);
    expect(body.items).toMatchObject([
      { currency: 'EUR', productId: lamp.productId, variantId: null, sku: null, orders: 1, gross: 900 },
      { currency: 'USD', name: '=Lamp, "tall"', orders: 2, units: 4, gross: 3_300, cancelled: 2_300, net: 1_000 },
    ]);
    const variants = await ask(`products?${APRIL}&by=variant&sort=units`);
    expect(variants.body.items).toMatchObject([
      { currency: 'EUR', variantId: lamp.variantId, sku: 'L-1' },
      { currency: 'USD', variantId: lamp.variantId, units: 3, gross: 3_000 },
      { currency: 'USD', variantId: shade.variantId, sku: 'SH-1', units: 1, cancelledUnits: 1, net: 0 },
    ]);
  });

  it('come page by page, by a cursor that is good for its own question only', async () => {
    const whole = await ask(`products?${APRIL}&by=variant`);
    const items = [];
    let path = `products?${APRIL}&by=variant&limit=1`;
    for (let next: string | null = ''; next !== null; ) {
      const { body } = await ask(next === '' ? path : `${path}&cursor=${next}`);
      items.push(...body.items);
      next = body.nextCursor;
    }
    expect(items).toEqual(whole.body.items);
    const { body } = await ask(path);
    path = `products?${APRIL}&by=variant&sort=net&cursor=${body.nextCursor}`;
    expect((await ask(path)).status).toBe(400);
    const other = await ask(`products?${APRIL}&by=variant&cursor=${body.nextCursor}`, { userId: otherUser });
    expect(other.status).toBe(400);
  });
});

it('orders come newest first, page by page, with own figures and nothing of the buyer', async () => {
  const first = await ask(`orders?${APRIL}&limit=2`);
  const second = await ask(`orders?${APRIL}&limit=2&cursor=${first.body.nextCursor}`);
  expect(second.body.nextCursor).toBeNull();
  const items = [...first.body.items, ...second.body.items];
  for (const item of items) orderSales.strict().parse(item);
  expect(items).toMatchObject([
    { currency: 'EUR', gross: 900, status: 'confirmed', cancelledAt: null, net: 900 },
    { gross: 1_000, net: 1_000 },
    { orderId: spring.orderId, status: 'cancelled', units: 3, gross: 2_300, cancelled: 2_300, net: 0 },
  ]);
  const theirs = await ask(`orders?${APRIL}`, { userId: otherUser });
  expect(theirs.body.items).toMatchObject([{ orderId: spring.orderId, gross: 9_000 }]);
});

it('customers are new once, and guests are counted by order', async () => {
  const { body } = await ask('customers?from=2026-04-01&to=2026-04-03');
  for (const item of body.items) customersBucket.strict().parse(item);
  expect(body.items).toMatchObject([
    { buyers: 1, newBuyers: 1, returningBuyers: 0, guestOrders: 0 },
    { buyers: 1, newBuyers: 0, returningBuyers: 1, guestOrders: 1 },
  ]);
  expect((await ask('customers?from=2026-04-02&to=2026-04-03')).body.items).toMatchObject([{ newBuyers: 0 }]);
});

it('inventory says how long stock lasts, what runs out first before the others', async () => {
  const sold = await bought([
    { ...lamp, quantity: 5, unit: 1 },
    { ...shade, quantity: 4, unit: 1 },
  ]);
  const never = {
    ...lamp,
    variantId: newId(),
    sku: null,
    options: { size: 'L' },
    price: { amount: 1, currency: 'USD' },
  };
  await shop.tell([...all(sold), told(`product-${lamp.productId}`, 'VariantAdded', never)]);
  const { body } = await ask('inventory?days=10');
  for (const item of body.items) stockOutlookShape.strict().parse(item);
  // 40 came and 16 went, all but 5 of them long ago; 9 came and 5 went.
  expect(body.items).toMatchObject([
    { variantId: shade.variantId, sku: 'SH-1', onHand: 4, reserved: 0, available: 4, sold: 4, daysLeft: 10 },
    { variantId: lamp.variantId, onHand: 24, available: 24, sold: 5, daysLeft: 48 },
    { variantId: never.variantId, onHand: 0, sold: 0, daysLeft: null },
  ]);
  const first = await ask('inventory?days=10&limit=2');
  const second = await ask(`inventory?days=10&limit=2&cursor=${first.body.nextCursor}`);
  expect([...first.body.items, ...second.body.items]).toEqual(body.items);
});

describe('as CSV', () => {
  const csv = async (path: string, accept = 'text/csv') =>
    fetch(`${shop.url}/sellers/me/analytics/${path}`, { headers: { ...headersOf(seller), accept } });

  it('there is a header line, and a line for each item', async () => {
    const answer = await csv('sales?from=2026-04-01&to=2026-04-02');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(await answer.text()).toBe(
      'from,currency,orders,units,gross,discounts,cancelledOrders,cancelledUnits,cancelled,net\r\n' +
        '2026-04-01T00:00:00.000Z,USD,1,3,2300,0,0,0,0,2300\r\n',
    );
    const products = await (await csv(`products?${APRIL}&limit=1`)).text();
    expect(products.split('\r\n')[1]).toBe(`${lamp.productId},,,"'=Lamp, ""tall""",EUR,1,1,900,0,0,0,0,900`);
  });

  it('a link leads to the next page', async () => {
    const answer = await csv(`products?${APRIL}&limit=1`);
    const [, next] = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '') ?? [];
    const rest = await csv(`products${next}`);
    expect((await rest.text()).split('\r\n')[1]).toContain('USD');
    expect(rest.headers.get('link')).toBeNull();
  });

  it('refusals are problems as ever, and what is neither is not acceptable', async () => {
    const refused = await csv('sales?granularity=year');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect((await csv('sales', 'application/pdf')).status).toBe(406);
    expect((await csv('live', 'text/csv')).status).toBe(406);
  });
});

describe('refused', () => {
  const PATHS = ['sales', 'products', 'orders', 'inventory', 'customers', 'live'];

  it.each(PATHS)('%s to all but the seller and staff', async (path) => {
    const status = async (as: Parameters<ReadShop['get']>[1], id = sellerId) => {
      const stop = new AbortController();
      const headers = headersOf(as ?? {});
      const url = `${shop.url}/sellers/${id}/analytics/${path}`;
      const answer = await fetch(url, { headers, signal: stop.signal });
      stop.abort();
      return answer.status;
    };
    expect(await status(seller)).toBe(200);
    expect(await status({ userId: staff, roles: ['support'] })).toBe(200);
    expect(await status({ userId: staff, roles: ['admin'] })).toBe(200);
    expect(await status({ userId: otherUser })).toBe(404);
    expect(await status({ userId: buyer, roles: ['analyst'] })).toBe(404);
    expect(await status({})).toBe(401);
    expect(await status({ cartToken: 'token' })).toBe(401);
    expect(await status(seller, 'me')).toBe(200);
    expect(await status({ userId: buyer }, 'me')).toBe(404);
    expect(await status({ userId: staff, roles: ['support'] }, newId())).toBe(404);
    expect(await status(seller, 'nobody')).toBe(404);
  });

  it.each([
    ['sales?granularity=year', 'hour, day, week, month'],
    ['sales?timezone=Mars/Olympus', 'such as Europe/Berlin'],
    ['sales?timezone=EST', 'such as Europe/Berlin'],
    ['live?timezone=Mars', 'such as Europe/Berlin'],
    ['sales?from=yesterday', 'a date such as'],
    ['sales?from=2026-02-30', 'a date such as'],
    ['sales?to=2026-02-01T10:00:00', 'a date such as'],
    ['sales?from=2026-04-01T00:00:00+02:00', '%2B'],
    ['sales?from=2026-04-02&to=2026-04-01', 'before to'],
    ['sales?from=2026-04-02&to=2026-04-02', 'before to'],
    ['orders?from=2150-01-01', 'before to'],
    ['sales?from=1950-01-01&to=2026-01-01', '1970'],
    ['products?to=2300-01-01', '2199'],
    ['sales?granularity=hour&from=2020-01-01&to=2026-01-01', '10,000'],
    ['customers?granularity=day&from=1980-01-01&to=2026-01-01', '10,000'],
    ['products?sort=name', 'gross, net, units, orders'],
    ['products?by=seller', 'product, variant'],
    ['products?limit=101', 'from 1 to 100'],
    ['products?cursor=abc', 'cursor'],
    ['inventory?days=0', 'from 1 to 365'],
    ['inventory?from=2026-01-01', 'no parameter from'],
  ])('%s, and the sentence says %s', async (path, words) => {
    const { status, body } = await ask(path);
    expect([status, body.code, body.detail]).toEqual([400, 'malformed', expect.stringContaining(words)]);
  });
});

describe('live', () => {
  const watch = (as: Parameters<typeof headersOf>[0]) =>
    watchStream(`${shop.url}/sellers/me/analytics/live?timezone=${encodeURIComponent(NOON)}`, headersOf(as));

  it('today’s bucket comes at once and at each change, with the position of what it speaks of', async () => {
    const [newUser, id] = [newId(), newId()];
    await shop.tell([applied(id, newUser)]);
    const stream = await watch({ userId: newUser });
    const first = await stream.next();
    expect(first).toMatchObject({ id: undefined, data: { currency: null, orders: 0, net: 0 } });
    const sold = await bought([{ ...lamp, sellerId: id, quantity: 2, unit: 50 }]);
    await shop.log.tell(all(sold));
    const second = await stream.next();
    expect(salesBucket.strict().parse(second?.data)).toMatchObject({
      from: first?.data.from,
      currency: 'USD',
      orders: 1,
      net: 100,
    });
    await shop.log.tell([cancelled(sold)]);
    const third = await stream.next();
    expect(third?.data).toMatchObject({ orders: 1, cancelledOrders: 1, net: 0 });
    expect(String(third?.id) > String(second?.id)).toBe(true);
    await stream.cancel();
  });
});
