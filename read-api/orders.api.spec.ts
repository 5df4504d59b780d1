/** What buyers, guests and sellers read of carts and orders, over HTTP: whose it is, and changes as they happen. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cartResource, orderResource, paymentResource } from '../domain/resources.ts';
import { type StreamEvent, watchStream } from '../platform/http/testing/event-stream.ts';
import { newId } from '../platform/ids.ts';
import type { Purchase } from '../projections/testing/purchase.ts';
import { told, usd } from '../projections/testing/story.ts';
import { PEOPLE, tellMarketplace } from './testing/marketplace.ts';
import { createReadShop, headersOf, type ReadShop } from './testing/read-shop.ts';

const { buyer, sellerUser, otherSellerUser, sellerId } = PEOPLE;

let shop: ReadShop;
let bought: Purchase;
let guest: Purchase;
beforeAll(async () => {
  shop = await createReadShop();
  ({ bought, guest } = await tellMarketplace(shop));
});
afterAll(() => shop?.stop());

describe('a cart', () => {
  it('is its buyer’s, with totals that add up', async () => {
    const { body } = await shop.get(`/carts/${bought.cartId}`, { userId: buyer });
    expect(cartResource.strict().parse(body).totals).toEqual({
      items: usd(4_498),
      discount: usd(0),
      shipping: usd(500),
      tax: usd(500),
      total: usd(5_498),
    });
  });

  it('is 401 to nobody, 404 to others, and shown to whoever holds its token', async () => {
    expect((await shop.get(`/carts/${guest.cartId}`)).status).toBe(401);
    expect((await shop.get(`/carts/${newId()}`)).status).toBe(401);
    expect((await shop.get(`/carts/${guest.cartId}`, { cartToken: 'another' })).status).toBe(404);
    expect((await shop.get(`/carts/${guest.cartId}`, { cartToken: 'guest-token' })).status).toBe(200);
    expect((await shop.get(`/carts/${guest.cartId}`, { userId: buyer, cartToken: 'guest-token' })).status).toBe(200);
    expect((await shop.get(`/carts/${bought.cartId}`, { userId: newId(), roles: ['admin'] })).status).toBe(404);
  });
});

describe('an order', () => {
  beforeAll(async () => {
    await shop.tell([...bought.placed]);
  });

  it('is shown whole to its buyer and staff, with its own lines only to a seller, to others not', async () => {
    const whole = await shop.get(`/orders/${bought.orderId}`, { userId: buyer });
    expect(orderResource.strict().parse(whole.body)).toMatchObject({ status: 'placed', email: 'ada@example.com' });
    const sold = await shop.get(`/orders/${bought.orderId}`, { userId: sellerUser });
    expect(sold.body.lines.map((line: { sellerId: string }) => line.sellerId)).toEqual([sellerId]);
    for (const hidden of ['email', 'payments', 'totals']) expect(sold.body[hidden]).toBeUndefined();
    expect((await shop.get(`/orders/${bought.orderId}`, { userId: newId(), roles: ['support'] })).body).toEqual(
      whole.body,
    );
    expect((await shop.get(`/orders/${bought.orderId}`, { userId: newId() })).status).toBe(404);
    expect((await shop.get(`/orders/${bought.orderId}`)).status).toBe(401);
    expect((await shop.get(`/orders/${guest.orderId}`, { userId: otherSellerUser })).status).toBe(404);
  });

  it('of a guest is shown to whoever holds the token of its cart', async () => {
    expect((await shop.get(`/orders/${guest.orderId}`, { cartToken: 'guest-token' })).status).toBe(200);
    expect((await shop.get(`/orders/${guest.orderId}`, { cartToken: 'another' })).status).toBe(404);
  });

  it('stands in the lists of whoever is concerned, newest first, page by page', async () => {
    const ids = async (path: string, as: Parameters<ReadShop['get']>[1]) => {
      const { body } = await shop.get(path, as);
      return { ids: body.items.map(({ orderId }: { orderId: string }) => orderId), next: body.nextCursor };
    };
    expect((await ids('/orders', { userId: buyer })).ids).toEqual([bought.orderId]);
    expect((await ids('/orders', { cartToken: 'guest-token' })).ids).toEqual([guest.orderId]);
    expect((await ids('/orders', { userId: newId() })).ids).toEqual([]);
    const all = await ids('/orders', { userId: newId(), roles: ['support'] });
    expect(new Set(all.ids)).toEqual(new Set([guest.orderId, bought.orderId]));
    const first = await ids('/orders?limit=1', { userId: sellerUser });
    const second = await ids(`/orders?limit=1&cursor=${first.next}`, { userId: sellerUser });
    expect([...first.ids, ...second.ids]).toEqual(all.ids);
    expect((await shop.get('/orders')).status).toBe(401);
    expect((await shop.get('/orders?status=lost', { userId: buyer })).status).toBe(400);
  });

  it('has a payment, shown to whose it is', async () => {
    const { status, body } = await shop.get(`/payments/${bought.paymentId}`, { userId: buyer });
    expect(status).toBe(200);
    expect(paymentResource.strict().parse(body)).toMatchObject({ orderId: bought.orderId, captured: usd(0) });
    expect((await shop.get(`/payments/${bought.paymentId}`, { userId: sellerUser })).status).toBe(404);
    expect((await shop.get(`/payments/${guest.paymentId}`, { cartToken: 'guest-token' })).status).toBe(200);
  });
});

describe('the events of an order', () => {
  const watch = (orderId: string, as: Parameters<typeof headersOf>[0], headers: Record<string, string> = {}) =>
    watchStream(`${shop.url}/orders/${orderId}/events`, { ...headersOf(as), ...headers });

  it('come at once and at each change, and end with the order', async () => {
    const stream = await watch(guest.orderId, { cartToken: 'guest-token' });
    expect((await stream.next())?.data.status).toBe('placed');
    await shop.log.tell([...guest.confirmed]);
    const seen = [];
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      seen.push(event.data.status);
      if (event.data.status === 'confirmed') break;
    }
    expect(seen.at(-1)).toBe('confirmed');
    await shop.log.tell([
      told(`order-${guest.orderId}`, 'OrderCancelled', {
        orderId: guest.orderId,
        cartId: guest.cartId,
        wasConfirmed: true,
        reason: { code: 'cancelled_by_buyer', detail: 'Changed my mind' },
      }),
    ]);
    let last: StreamEvent | undefined;
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) last = event;
    expect(last?.data.status).toBe('cancelled');
    const back = await watch(guest.orderId, { cartToken: 'guest-token' }, { 'last-event-id': last?.id ?? '' });
    expect(back.status).toBe(204);
  });

  it('go on after the last one the client has', async () => {
    const first = await watch(bought.orderId, { userId: buyer });
    const seen = await first.next();
    await first.cancel();
    const again = await watch(bought.orderId, { userId: buyer }, { 'last-event-id': seen?.id ?? '' });
    await shop.log.tell([...bought.confirmed]);
    const next = await again.next();
    expect(next?.id).not.toBe(seen?.id);
    await again.cancel();
  });

  it('are nobody else’s', async () => {
    expect((await watch(bought.orderId, {})).status).toBe(401);
    expect((await watch(bought.orderId, { userId: newId() })).status).toBe(404);
  });
});
