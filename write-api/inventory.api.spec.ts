import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inventoryDecider } from '../domain/inventory/decide.ts';
import { newId } from '../platform/ids.ts';
import type { As } from './testing/client.ts';
import { addCategory, logInAdmin, openSeller, type Seller, sell } from './testing/people.ts';
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
const context = () => ({
  commandId: newId(),
  issuedAt: new Date().toISOString(),
  actor: 'cli:test',
  correlationId: newId(),
});

describe('stock', () => {
  it('is known at zero with the variant, received and counted', async () => {
    const { variantId, product } = await sell(shop, { seller, categoryId, stock: 0 });
    const path = `/inventory/${variantId}`;
    const received = await shop.call(`POST ${path}/receipts`, { as: seller, body: { quantity: 5 } });
    expect(received).toMatchObject({
      status: 200,
      body: { variantId, sku: null, productId: product.productId, onHand: 5, reserved: 0, available: 5 },
    });
    const counted = await shop.call(`POST ${path}/adjustments`, { as: seller, body: { delta: -2, reason: 'lost' } });
    expect(counted.body.onHand).toBe(3);
    const below = await shop.call(`POST ${path}/adjustments`, { as: seller, body: { delta: -4, reason: 'lost' } });
    expect(below).toMatchObject({ status: 409, body: { code: 'below_reserved', available: 3 } });
  });

  it('is its seller’s alone', async () => {
    const { variantId } = await sell(shop, { seller, categoryId });
    const other = await openSeller(shop, admin);
    for (const [request, body] of [
      [`POST /inventory/${variantId}/receipts`, { quantity: 1 }],
      [`POST /inventory/${variantId}/adjustments`, { delta: 1, reason: 'found' }],
    ] as const) {
      expect((await shop.call(request, { as: other, body })).status).toBe(404);
      expect((await shop.call(request, { as: admin, body })).status).toBe(403);
      expect((await shop.call(request, { body })).status).toBe(401);
      expect((await shop.call(request, { as: seller, body, headers: STALE })).body.code).toBe('stale');
      expect((await shop.call(request, { as: seller, body: { ...body, quantity: 0.5 } })).status).toBe(422);
      expect((await shop.call(request.replace(variantId, newId()), { as: seller, body })).status).toBe(404);
    }
  });

  it('has an end: a shelf holds a thousand million units', async () => {
    const { variantId, product } = await sell(shop, { seller, categoryId, stock: 0 });
    const lot = { variantId, productId: product.productId, sellerId: seller.sellerId, sku: null, quantity: 1_000_000 };
    const receive = () =>
      shop.shop.runtime.handle(inventoryDecider, variantId, { type: 'ReceiveStock', ...lot }, context());
    await Promise.all(Array.from({ length: 1_000 }, receive));
    for (const [request, body] of [
      [`POST /inventory/${variantId}/receipts`, { quantity: 1 }],
      [`POST /inventory/${variantId}/adjustments`, { delta: 1, reason: 'found' }],
    ] as const) {
      expect(await shop.call(request, { as: seller, body })).toMatchObject({
        status: 422,
        body: { code: 'quantity_too_large' },
      });
    }
  });
});
