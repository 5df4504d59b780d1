import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expireGuestCartProcess } from '../commands/carts/expire-guest-cart.process.ts';
import { newId } from '../platform/ids.ts';
import { until } from '../platform/testing/until.ts';
import type { As, Json } from './testing/client.ts';
import { addCategory, logInAdmin, openSeller, productBody, type Seller, sell, signUp } from './testing/people.ts';
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

const STALE = { 'if-match': '"77.x"' };
const openCart = (as: As = {}): Promise<Json> => shop.done('POST /carts', { as, body: {} });
const add = (cart: Json, variantId: string, quantity: number, as: As = cart) =>
  shop.call(`POST /carts/${cart.cartId}/items`, { as, body: { variantId, quantity } });
/** Its position lies behind all that happened so far. */
const openAnother = () => shop.call('POST /carts', { body: {} });
const DUE = `select key, due_at from processes.due where process = 'expire-guest-cart' and key = any ($1)`;
const closedCart = async () => {
  const [target, closed] = [await openCart(await signUp(shop)), await openCart()];
  return { target, closed };
};
const inEuros = async (): Promise<string> => {
  const variants = [{ price: { amount: 100, currency: 'EUR' } }];
  const product = await shop.done('POST /products', { as: seller, body: productBody(categoryId, { variants }) });
  return product.variants[0].variantId;
};

describe('POST /carts', () => {
  it('gives a guest the token that proves the cart; a signed-in buyer needs none', async () => {
    const guest = await shop.call('POST /carts', { body: {} });
    expect(guest).toMatchObject({
      status: 201,
      body: { status: 'open', currency: null, lines: [], coupons: [], cartToken: expect.any(String) },
    });
    expect(guest.headers.get('location')).toBe(`/carts/${guest.body.cartId}`);
    const buyer = await shop.call('POST /carts', { as: await signUp(shop), body: {} });
    expect(buyer.status).toBe(201);
    expect(buyer.body).not.toHaveProperty('cartToken');
  });

  it('makes one cart for one key of a buyer, and ignores the key of a guest', async () => {
    const headers = { 'idempotency-key': newId() };
    const as = await signUp(shop);
    const open = async (who: As) => (await shop.call('POST /carts', { as: who, body: {}, headers })).body.cartId;
    expect(await open(as)).toBe(await open(as));
    expect(await open({})).not.toBe(await open({}));
  });
});

describe('a guest’s cart that nobody comes back for', () => {
  it('has its end in 30 days noted by the process that watches it', async () => {
    const [cart, buyers] = [await openCart(), await openCart(await signUp(shop))];
    const due = async () =>
      (await shop.database.pool.query(DUE, [[cart.cartId, buyers.cartId]])).rows as { key: string; due_at: Date }[];
    const end = Date.parse(cart.updatedAt) + 30 * 86_400_000;
    await until(async () => (await due())[0]?.due_at.getTime() === end);
    expect((await due()).map(({ key }) => key)).toEqual([cart.cartId]);
  });

  it('is shown as abandoned when it was given up, with its lines, and takes nothing more', async () => {
    const cart = await openCart();
    const { variantId } = await sell(shop, { seller, categoryId });
    await add(cart, variantId, 2);
    await expireGuestCartProcess(shop.shop, 0).advance(cart.cartId, { correlationId: newId() });
    const headers = { 'souk-wait-for': (await openAnother()).headers.get('souk-position') ?? '' };
    const shown = await shop.call(`GET /carts/${cart.cartId}`, { as: cart, headers });
    expect(shown).toMatchObject({ status: 200, body: { status: 'abandoned', lines: [{ quantity: 2 }] } });
    const refused = await add(cart, variantId, 1);
    expect(refused).toMatchObject({ status: 409, body: { code: 'cart_not_open' } });
    expect(refused.body.detail).toContain('POST /carts');
  });
});

describe('items', () => {
  it('add up at the product’s price, are set and taken out', async () => {
    const cart = await openCart();
    const { variantId, product } = await sell(shop, { seller, categoryId });
    await add(cart, variantId, 1);
    const twice = await add(cart, variantId, 2);
    expect(twice).toMatchObject({
      status: 200,
      body: {
        currency: 'USD',
        lines: [
          {
            variantId,
            productId: product.productId,
            quantity: 3,
            unitPrice: { amount: 1_999, currency: 'USD' },
            lineTotal: { amount: 5_997, currency: 'USD' },
          },
        ],
      },
    });
    const item = `/carts/${cart.cartId}/items/${variantId}`;
    const set = await shop.call(`PATCH ${item}`, { as: cart, body: { quantity: 5 } });
    expect(set.body.lines[0].quantity).toBe(5);
    const headers = { 'souk-wait-for': set.headers.get('souk-position') ?? '' };
    const shown = await shop.call(`GET /carts/${cart.cartId}`, { as: cart, headers });
    expect(shown.body.lines[0]).toMatchObject({ quantity: 5, name: product.name });
    expect((await shop.call(`PATCH ${item}`, { as: cart, body: { quantity: 0 } })).body.lines).toEqual([]);
    await add(cart, variantId, 1);
    expect(await shop.call(`DELETE ${item}`, { as: cart })).toMatchObject({ status: 200, body: { lines: [] } });
  });

  it('are 1 to 999 a line, of known variants, in one currency', async () => {
    const cart = await openCart();
    const { variantId } = await sell(shop, { seller, categoryId });
    const euros = await inEuros();
    expect((await add(cart, variantId, 999)).status).toBe(200);
    const item = `PATCH /carts/${cart.cartId}/items/${variantId}`;
    expect(await add(cart, variantId, 1)).toMatchObject({ status: 422, body: { code: 'quantity_too_large' } });
    const tooMany = await shop.call(item, { as: cart, body: { quantity: 1_000 } });
    expect(tooMany).toMatchObject({ status: 422, body: { code: 'quantity_too_large' } });
    for (const quantity of [0, -1, 1.5, '2']) expect((await add(cart, variantId, quantity as number)).status).toBe(422);
    expect(await add(cart, euros, 1)).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } });
    expect(await add(cart, newId(), 1)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/variantId' }] } });
    const missing = `/carts/${cart.cartId}/items/${euros}`;
    expect((await shop.call(`PATCH ${missing}`, { as: cart, body: { quantity: 1 } })).status).toBe(404);
    expect((await shop.call(`DELETE ${missing}`, { as: cart })).status).toBe(404);
  });

  it('keep one currency when a price changes its own', async () => {
    const cart = await openCart();
    const [kept, changing] = [await sell(shop, { seller, categoryId }), await sell(shop, { seller, categoryId })];
    for (const { variantId } of [kept, changing]) await add(cart, variantId, 1);
    const path = `/products/${changing.product.productId}/variants/${changing.variantId}`;
    await shop.done(`PATCH ${path}`, { as: seller, body: { price: { amount: 1, currency: 'EUR' } } });
    const request = `PATCH /carts/${cart.cartId}/items/${changing.variantId}`;
    const set = await shop.call(request, { as: cart, body: { quantity: 2 } });
    expect(set).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } });
  });

  it('must be for sale', async () => {
    const cart = await openCart();
    const { variantId, product } = await sell(shop, { seller, categoryId });
    await add(cart, variantId, 1);
    await shop.done(`POST /products/${product.productId}/archive`, { as: seller });
    expect(await add(cart, variantId, 1)).toMatchObject({ status: 409, body: { code: 'not_for_sale' } });
    const item = `PATCH /carts/${cart.cartId}/items/${variantId}`;
    expect((await shop.call(item, { as: cart, body: { quantity: 2 } })).body.code).toBe('not_for_sale');
  });

  it('are a hundred different ones at most', async () => {
    const variants = Array.from({ length: 100 }, (_, at) => ({
      options: { size: String(at) },
      price: { amount: 100, currency: 'USD' },
    }));
    const product = await shop.done('POST /products', { as: seller, body: productBody(categoryId, { variants }) });
    const [cart, other] = [await openCart(), await openCart()];
    await Promise.all(product.variants.map(({ variantId }: Json) => add(cart, variantId, 1)));
    const { variantId } = await sell(shop, { seller, categoryId });
    expect(await add(cart, variantId, 1)).toMatchObject({ status: 409, body: { code: 'cart_full' } });
    await add(other, variantId, 1);
    const body = { fromCartId: other.cartId, cartToken: other.cartToken };
    const merged = await shop.call(`POST /carts/${cart.cartId}/merge`, { as: cart, body });
    expect(merged).toMatchObject({ status: 409, body: { code: 'cart_full' } });
  });

  it('are put in by who proves the cart: 401 without proof, 404 with another’s', async () => {
    const cart = await openCart();
    const other = await openCart();
    const buyer = await signUp(shop);
    const own = await openCart(buyer);
    const { variantId } = await sell(shop, { seller, categoryId });
    expect((await add(cart, variantId, 1, {})).status).toBe(401);
    expect((await add(cart, variantId, 1, other)).status).toBe(404);
    expect((await add(cart, variantId, 1, buyer)).status).toBe(404);
    expect((await add(own, variantId, 1, cart)).status).toBe(404);
    expect((await add(own, variantId, 1, buyer)).status).toBe(200);
    expect((await add(cart, variantId, 1, { ...buyer, cartToken: cart.cartToken })).status).toBe(200);
    expect((await add({ cartId: newId() }, variantId, 1, buyer)).status).toBe(404);
    for (const method of ['PATCH', 'DELETE']) {
      const request = `${method} /carts/${cart.cartId}/items/${variantId}`;
      expect((await shop.call(request, { body: { quantity: 1 } })).status).toBe(401);
    }
  });

  it('are changed at the revision that was read, else 412', async () => {
    const cart = await openCart();
    const { variantId } = await sell(shop, { seller, categoryId });
    const { headers } = await add(cart, variantId, 1);
    const item = `/carts/${cart.cartId}/items`;
    const fresh = { 'if-match': headers.get('etag') ?? '' };
    const edits = [
      [`POST ${item}`, { variantId, quantity: 1 }],
      [`PATCH ${item}/${variantId}`, { quantity: 3 }],
      [`DELETE ${item}/${variantId}`, {}],
    ] as const;
    for (const [request, body] of edits) {
      expect((await shop.call(request, { as: cart, body, headers: STALE })).body.code).toBe('stale');
    }
    const set = await shop.call(`PATCH ${item}/${variantId}`, { as: cart, body: { quantity: 3 }, headers: fresh });
    expect(set.status).toBe(200);
  });
});

describe('merging', () => {
  it('takes a guest’s lines in once, and closes the guest’s cart', async () => {
    const buyer = await signUp(shop);
    const [cart, guest] = [await openCart(buyer), await openCart()];
    const { variantId } = await sell(shop, { seller, categoryId });
    await add(cart, variantId, 1, buyer);
    await add(guest, variantId, 2);
    const merge = () =>
      shop.call(`POST /carts/${cart.cartId}/merge`, {
        as: buyer,
        body: { fromCartId: guest.cartId, cartToken: guest.cartToken },
      });
    const [one, two] = await Promise.all([merge(), merge()]);
    for (const reply of [one, two]) expect(reply).toMatchObject({ status: 200, body: { lines: [{ quantity: 3 }] } });
    const item = `/carts/${guest.cartId}/items`;
    const closed = [
      [`POST ${item}`, { variantId, quantity: 1 }],
      [`PATCH ${item}/${variantId}`, { quantity: 3 }],
      [`DELETE ${item}/${variantId}`, {}],
    ] as const;
    for (const [request, body] of closed) {
      expect(await shop.call(request, { as: guest, body })).toMatchObject({
        status: 409,
        body: { code: 'cart_not_open' },
      });
    }
    const again = { fromCartId: (await openCart()).cartId, cartToken: 'x' };
    expect((await shop.call(`POST /carts/${guest.cartId}/merge`, { as: guest, body: again })).status).toBe(422);
    const third = await openCart();
    const into = { fromCartId: third.cartId, cartToken: third.cartToken };
    const intoClosed = await shop.call(`POST /carts/${guest.cartId}/merge`, { as: guest, body: into });
    expect(intoClosed).toMatchObject({ status: 409, body: { code: 'cart_not_open' } });
  });

  it('asks for the token of the one and the ownership of the other', async () => {
    const { target, closed } = await closedCart();
    const request = `POST /carts/${closed.cartId}/merge`;
    const body = { fromCartId: target.cartId, cartToken: 'guess' };
    expect((await shop.call(request, { as: closed, body })).body.errors).toMatchObject([{ pointer: '/cartToken' }]);
    const unknown = { ...body, fromCartId: newId() };
    expect((await shop.call(request, { as: closed, body: unknown })).body.errors).toMatchObject([
      { pointer: '/fromCartId' },
    ]);
    expect((await shop.call(request, { body })).status).toBe(401);
    expect((await shop.call(request, { as: await signUp(shop), body })).status).toBe(404);
  });

  it('is refused over two currencies, and at another revision than was read', async () => {
    const [dollars, euros] = [await openCart(), await openCart()];
    const { variantId } = await sell(shop, { seller, categoryId });
    await add(dollars, variantId, 1);
    await add(euros, await inEuros(), 1);
    const request = `POST /carts/${dollars.cartId}/merge`;
    const body = { fromCartId: euros.cartId, cartToken: euros.cartToken };
    const mixed = await shop.call(request, { as: dollars, body });
    expect(mixed).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } });
    const third = await openCart();
    const empty = { fromCartId: third.cartId, cartToken: third.cartToken };
    const stale = await shop.call(request, { as: dollars, body: empty, headers: STALE });
    expect(stale).toMatchObject({ status: 412, body: { code: 'stale' } });
    expect((await shop.call(request, { as: dollars, body: empty })).status).toBe(200);
  });
});
