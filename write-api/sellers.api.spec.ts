import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import type { As } from './testing/client.ts';
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
const price = { amount: 500, currency: 'USD' };
const list = (more: Readonly<Record<string, unknown>> = {}, as: As = seller) =>
  shop.call('POST /products', { as, body: productBody(categoryId, more) });
const variant = (more: Readonly<Record<string, unknown>> = {}) => ({ options: { size: newId() }, price, ...more });

describe('sellers', () => {
  it('apply once, and sell as soon as staff approve', async () => {
    const person = await signUp(shop);
    const applied = await shop.call('POST /sellers', { as: person, body: { name: 'Pat’s', country: 'US' } });
    expect(applied).toMatchObject({ status: 201, body: { status: 'applied', slug: 'pats', userId: person.userId } });
    const { sellerId } = applied.body;
    expect(applied.headers.get('location')).toBe(`/sellers/${sellerId}`);
    const again = await shop.call('POST /sellers', { as: person, body: { name: 'Again' } });
    expect(again).toMatchObject({ status: 409, body: { code: 'already_applied' } });
    expect(await list({}, person)).toMatchObject({ status: 403, body: { code: 'seller_not_approved' } });
    const approved = await shop.call(`POST /sellers/${sellerId}/approve`, { as: admin });
    expect(approved).toMatchObject({ status: 200, body: { status: 'approved' } });
    expect((await list({}, person)).status).toBe(201);
  });

  it('are approved and suspended by staff alone', async () => {
    for (const verb of ['approve', 'suspend']) {
      const request = `POST /sellers/${seller.sellerId}/${verb}`;
      expect(await shop.call(request, { as: seller })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect((await shop.call(request)).status).toBe(401);
      expect((await shop.call(`POST /sellers/${newId()}/${verb}`, { as: admin })).status).toBe(404);
      expect((await shop.call(request, { as: admin, headers: STALE })).body.code).toBe('stale');
    }
  });

  it('cannot change the catalogue while suspended; approval lifts it', async () => {
    const other = await openSeller(shop, admin);
    const { product, variantId } = await sell(shop, { seller: other, categoryId });
    const suspended = await shop.call(`POST /sellers/${other.sellerId}/suspend`, { as: admin, body: { reason: 'x' } });
    expect(suspended.body.status).toBe('suspended');
    const path = `/products/${product.productId}`;
    for (const request of [`PATCH ${path}`, `POST ${path}/publish`, `POST ${path}/archive`]) {
      expect((await shop.call(request, { as: other })).body.code).toBe('seller_not_approved');
    }
    const image = { url: 'https://example.com/a.png', alt: '' };
    expect((await shop.call(`POST ${path}/images`, { as: other, body: image })).body.code).toBe('seller_not_approved');
    expect((await shop.call(`POST ${path}/variants`, { as: other, body: variant() })).body.code).toBe(
      'seller_not_approved',
    );
    const edit = `PATCH ${path}/variants/${variantId}`;
    expect((await shop.call(edit, { as: other, body: { price } })).body.code).toBe('seller_not_approved');
    await shop.done(`POST /sellers/${other.sellerId}/approve`, { as: admin });
    expect((await shop.call(edit, { as: other, body: { price } })).status).toBe(200);
  });

  it('change their own profile; others may see but not touch it', async () => {
    const changed = await shop.call('PATCH /sellers/me', { as: seller, body: { description: 'Sounds.' } });
    expect(changed).toMatchObject({ status: 200, body: { sellerId: seller.sellerId, description: 'Sounds.' } });
    const request = `PATCH /sellers/${seller.sellerId}`;
    expect((await shop.call(request, { as: await signUp(shop), body: {} })).status).toBe(403);
    expect((await shop.call(request, { body: {} })).status).toBe(401);
    expect((await shop.call(request, { as: seller, body: { country: 'usa' } })).status).toBe(422);
    expect((await shop.call(request, { as: seller, body: { name: 'N' }, headers: STALE })).body.code).toBe('stale');
    expect((await shop.call(`PATCH /sellers/${newId()}`, { as: seller, body: {} })).status).toBe(404);
  });
});

describe('categories', () => {
  it('are added and moved by staff; the path names the way from the root', async () => {
    const parentId = await addCategory(shop, admin, 'Home');
    const child = await shop.call('POST /categories', { as: admin, body: { name: 'Lamps', parentId } });
    expect(child).toMatchObject({
      status: 201,
      body: { parentId, slug: 'lamps', path: ['Home', 'Lamps'], productCount: 0 },
    });
    expect(child.headers.get('location')).toBe(`/categories/${child.body.categoryId}`);
    const request = `PATCH /categories/${child.body.categoryId}`;
    const moved = await shop.call(request, { as: admin, body: { name: 'Lights', parentId: null } });
    expect(moved).toMatchObject({ status: 200, body: { parentId: null, path: ['Lights'] } });
    expect((await shop.call(request, { as: seller, body: {} })).status).toBe(403);
    expect((await shop.call('POST /categories', { as: seller, body: { name: 'Mine' } })).status).toBe(403);
    expect((await shop.call(request, { as: admin, body: { name: 'L' }, headers: STALE })).body.code).toBe('stale');
  });

  it('never lie below themselves, nor below what is not there', async () => {
    const parentId = await addCategory(shop, admin, 'Top');
    const { categoryId: child } = await shop.done('POST /categories', { as: admin, body: { name: 'Sub', parentId } });
    const cycle = await shop.call(`PATCH /categories/${parentId}`, { as: admin, body: { parentId: child } });
    expect(cycle).toMatchObject({ status: 409, body: { code: 'category_cycle' } });
    const nowhere = await shop.call('POST /categories', { as: admin, body: { name: 'X', parentId: newId() } });
    expect(nowhere).toMatchObject({ status: 422, body: { code: 'invalid', errors: [{ pointer: '/parentId' }] } });
    const unknown = await shop.call(`PATCH /categories/${newId()}`, { as: admin, body: { name: 'X' } });
    expect(unknown.status).toBe(404);
  });
});
