import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import { until } from '../platform/testing/until.ts';
import type { As, Json, Reply } from './testing/client.ts';
import { addCategory, logInAdmin, openSeller, type Seller, sell, signUp } from './testing/people.ts';
import { type StartedShop, startTestShop } from './testing/start-test-shop.ts';

let shop: StartedShop;
let admin: As;
let seller: Seller;
let categoryId: string;
beforeAll(async () => {
  shop = await startTestShop();
  admin = await logInAdmin(shop);
  seller = await openSeller(shop, admin);
  categoryId = await addCategory(shop, admin);
});
afterAll(() => shop.stop());

const shippingAddress = { name: 'Pat', line1: '1 Main St', city: 'Austin', postalCode: '78701', country: 'US' };
const order = (more: Readonly<Record<string, unknown>> = {}) => ({
  email: 'pat@example.com',
  shippingAddress,
  payment: { method: 'card', token: 'tok_visa' },
  ...more,
});
const card = (token: string) => order({ payment: { method: 'card', token } });
const checkOut = (
  cart: Json,
  body: unknown = order(),
  { as = cart as As, key = newId() as string } = {},
): Promise<Reply> =>
  shop.call(`POST /carts/${cart.cartId}/checkout`, { as, body, headers: { 'idempotency-key': key } });
const filled = async ({ as, stock = 10, quantity = 1 }: { as?: As; stock?: number; quantity?: number } = {}) => {
  const goods = await sell(shop, { seller, categoryId, stock });
  const cart = await shop.done('POST /carts', { as: as ?? {}, body: {} });
  const item = { variantId: goods.variantId, quantity };
  await shop.done(`POST /carts/${cart.cartId}/items`, { as: as ?? cart, body: item });
  return { ...goods, cart };
};
const paymentOf = async (orderId: string, as: As): Promise<string> => {
  let shown: Reply;
  do shown = await shop.call(`GET /orders/${orderId}`, { as });
  while (shown.status === 404);
  return shown.body.payments[0].paymentId;
};

describe('POST /carts/{cartId}/checkout', () => {
  it('confirms an order that is paid, and says where it is', async () => {
    const { cart } = await filled();
    const reply = await checkOut(cart);
    expect(reply).toMatchObject({ status: 201, body: { orderId: expect.any(String), status: 'confirmed' } });
    expect(reply.headers.get('location')).toBe(`/orders/${reply.body.orderId}`);
    const headers = { 'souk-wait-for': reply.headers.get('souk-position') ?? '' };
    const shown = await shop.call(`GET /orders/${reply.body.orderId}`, { as: cart, headers });
    expect(shown).toMatchObject({
      status: 200,
      body: { status: 'confirmed', email: 'pat@example.com', shippingAddress },
    });
  });

  it('answers a repeat with the first answer, and the cart yields no second order', async () => {
    const { cart, variantId } = await filled();
    const key = newId();
    const first = await checkOut(cart, order(), { key });
    const again = await checkOut(cart, order(), { key });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await checkOut(cart)).toMatchObject({ status: 409, body: { code: 'already_checked_out' } });
    const body = { variantId, quantity: 1 };
    expect(await shop.call(`POST /carts/${cart.cartId}/items`, { as: cart, body })).toMatchObject({
      status: 409,
      // Only a rejected order gives its cart back: nobody is told to cancel one for it.
      body: {
        code: 'cart_not_open',
        detail: 'This cart has been checked out: open a new one with POST /carts.',
      },
    });
  });

  it('wants an Idempotency-Key, because money moves', async () => {
    const { cart } = await filled();
    const reply = await shop.call(`POST /carts/${cart.cartId}/checkout`, { as: cart, body: order() });
    expect(reply).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } });
  });

  it('is for who proves the cart', async () => {
    const { cart } = await filled();
    expect((await checkOut(cart, order(), { as: {} })).status).toBe(401);
    expect((await checkOut(cart, order(), { as: await signUp(shop) })).status).toBe(404);
    const buyer = await signUp(shop);
    const own = await filled({ as: buyer });
    const { email: _, ...withoutEmail } = order();
    expect((await checkOut(own.cart, withoutEmail, { as: buyer })).body.status).toBe('confirmed');
  });

  it('rejects the order of a declined card with the reason, and gives the cart back', async () => {
    const { cart } = await filled();
    const reply = await checkOut(cart, card('tok_declined'));
    expect(reply).toMatchObject({ status: 201, body: { status: 'rejected', reason: { code: 'payment_declined' } } });
    expect((await untilConfirmed(cart)).body.status).toBe('confirmed');
  });

  it('answers 202 while the gateway is still at it, when told not to wait', async () => {
    const { cart } = await filled();
    const headers = { 'idempotency-key': newId(), prefer: 'wait=0' };
    const request = `POST /carts/${cart.cartId}/checkout`;
    const reply = await shop.call(request, { as: cart, body: card('tok_slow'), headers });
    expect(reply).toMatchObject({ status: 202, body: { status: 'placed' } });
  });

  it('refuses before an order exists: nothing in it, not for sale, not enough, another price', async () => {
    const empty = await shop.done('POST /carts', { body: {} });
    expect(await checkOut(empty)).toMatchObject({ status: 409, body: { code: 'cart_empty' } });
    const gone = await filled();
    await shop.done(`POST /products/${gone.product.productId}/archive`, { as: seller });
    expect(await checkOut(gone.cart)).toMatchObject({ status: 409, body: { code: 'not_for_sale' } });
    const few = await filled({ stock: 1, quantity: 2 });
    expect(await checkOut(few.cart)).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
    const dear = await filled();
    const price = { amount: 9_999, currency: 'USD' };
    const path = `/products/${dear.product.productId}/variants/${dear.variantId}`;
    await shop.done(`PATCH ${path}`, { as: seller, body: { price } });
    const changed = await checkOut(dear.cart);
    expect(changed).toMatchObject({ status: 409, body: { code: 'price_changed', totals: { items: price } } });
    const accepted = await checkOut(dear.cart, order({ acceptTotal: changed.body.totals.total }));
    expect(accepted.body.status).toBe('confirmed');
  });

  it('refuses a cart that was merged into another', async () => {
    const { cart } = await filled();
    const target = await shop.done('POST /carts', { body: {} });
    const body = { fromCartId: cart.cartId, cartToken: cart.cartToken };
    await shop.done(`POST /carts/${target.cartId}/merge`, { as: target, body });
    expect(await checkOut(cart)).toMatchObject({ status: 409, body: { code: 'cart_not_open' } });
  });

  it.each([
    ['another way of paying', { payment: { method: 'wallet' } }, '/payment/method', 'payment_method_unavailable'],
    ['an unknown card', { payment: { method: 'card', token: 'tok_nonsense' } }, '/payment/token', 'invalid'],
    ['no address to write to', { email: undefined }, '/email', 'invalid'],
    [
      'a country of three letters',
      { shippingAddress: { ...shippingAddress, country: 'USA' } },
      '/shippingAddress/country',
      'invalid',
    ],
    ['an unknown way of shipping', { shippingOptionId: 'by-pigeon' }, '/shippingOptionId', 'invalid'],
  ])('refuses %s', async (_what, more, pointer, code) => {
    const { cart } = await filled();
    expect(await checkOut(cart, order(more))).toMatchObject({ status: 422, body: { code, errors: [{ pointer }] } });
  });
});

describe('a challenge', () => {
  it('is passed or failed by the buyer, once', async () => {
    for (const [outcome, status] of [
      ['pass', 'confirmed'],
      ['fail', 'rejected'],
    ] as const) {
      const { cart } = await filled();
      const waiting = await checkOut(cart, card('tok_3ds'));
      expect(waiting).toMatchObject({
        status: 201,
        body: { status: 'action_required', action: { type: 'challenge' } },
      });
      const { orderId, action } = waiting.body;
      const request = `POST /payments/${action.paymentId}/challenge`;
      const answered = await shop.call(request, { as: cart, body: { outcome } });
      expect(answered).toMatchObject({ status: 200, body: { paymentId: action.paymentId, orderId } });
      const again = await shop.call(request, { as: cart, body: { outcome } });
      expect(again).toMatchObject({ status: 409, body: { code: 'not_challenged' } });
      await until(async () => (await shop.call(`GET /orders/${orderId}`, { as: cart })).body.status === status);
    }
  });

  it('is the buyer’s alone', async () => {
    const { cart } = await filled();
    const { action } = (await checkOut(cart, card('tok_3ds'))).body;
    const request = `POST /payments/${action.paymentId}/challenge`;
    const body = { outcome: 'pass' };
    expect((await shop.call(request, { body })).status).toBe(401);
    expect((await shop.call(request, { as: await signUp(shop), body })).status).toBe(404);
    expect((await shop.call(request, { as: admin, body })).status).toBe(403);
    expect((await shop.call(request, { as: cart, body: { outcome: 'maybe' } })).status).toBe(422);
    expect((await shop.call(`POST /payments/${newId()}/challenge`, { as: cart, body })).status).toBe(404);
  });
});

describe('POST /orders/{orderId}/cancel', () => {
  it('gives money and stock back, also when repeated', async () => {
    const { cart, variantId } = await filled({ stock: 3, quantity: 3 });
    const { orderId } = (await checkOut(cart)).body;
    const cancel = () => shop.call(`POST /orders/${orderId}/cancel`, { as: cart });
    const cancelled = await cancel();
    expect(cancelled).toMatchObject({
      status: 200,
      body: { orderId, status: 'cancelled', reason: { code: 'cancelled_by_buyer' } },
    });
    expect((await cancel()).body.status).toBe('cancelled');
    const stock = `GET /inventory/${variantId}`;
    await until(async () => (await shop.call(stock, { as: seller })).body.available === 3);
    const paymentId = await paymentOf(orderId, cart);
    await until(async () =>
      ['refunded', 'voided'].includes((await shop.call(`GET /payments/${paymentId}`, { as: cart })).body.status),
    );
  });

  it('is for the buyer and staff; a seller sees the order and may not; nobody else sees it', async () => {
    const { cart } = await filled();
    const request = `POST /orders/${(await checkOut(cart)).body.orderId}/cancel`;
    expect((await shop.call(request)).status).toBe(401);
    expect((await shop.call(request, { as: await signUp(shop) })).status).toBe(404);
    expect((await shop.call(request, { as: seller })).status).toBe(403);
    expect((await shop.call(request, { as: cart, headers: { 'if-match': '"77.x"' } })).body.code).toBe('stale');
    expect((await shop.call(request, { as: admin })).body.reason.code).toBe('cancelled_by_staff');
    expect((await shop.call(`POST /orders/${newId()}/cancel`, { as: cart })).status).toBe(404);
  });

  it('is refused for a rejected order', async () => {
    const { cart } = await filled();
    const { orderId } = (await checkOut(cart, card('tok_declined'))).body;
    const reply = await shop.call(`POST /orders/${orderId}/cancel`, { as: cart });
    expect(reply).toMatchObject({ status: 409, body: { code: 'not_cancellable' } });
  });
});

describe('POST /webhooks/payments/{gateway}', () => {
  it('refuses what the gateway did not sign, and gateways that are not there', async () => {
    const body = { type: 'payment.updated' };
    const unsigned = await shop.call('POST /webhooks/payments/sandbox', { body });
    expect(unsigned).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await shop.call('POST /webhooks/payments/nobody', { body })).status).toBe(404);
  });

  it('takes the sandbox’s word: a slow card is confirmed by its webhook', async () => {
    const { cart } = await filled();
    const headers = { 'idempotency-key': newId(), prefer: 'wait=0' };
    const options = { as: cart, body: card('tok_slow'), headers };
    const { orderId } = (await shop.call(`POST /carts/${cart.cartId}/checkout`, options)).body;
    await until(async () => (await shop.call(`GET /orders/${orderId}`, { as: cart })).body.status === 'confirmed');
  });
});

/** A cart is given back a moment after its order's end. */
async function untilConfirmed(cart: Json): Promise<Reply> {
  for (;;) {
    const reply = await checkOut(cart);
    if (reply.status === 201) return reply;
  }
}
