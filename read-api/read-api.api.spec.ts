/** What clients read, over HTTP: accounts, the catalogue, one's own writes, and how projections are. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  inventoryResource,
  productResource,
  sellerResource,
  summaryResource,
  userResource,
} from '../domain/resources.ts';
import { newId } from '../platform/ids.ts';
import { listing, usd } from '../projections/testing/story.ts';
import { PEOPLE, seller, THINGS, tellMarketplace } from './testing/marketplace.ts';
import { createReadShop, type ReadShop } from './testing/read-shop.ts';

const { buyer, sellerUser, otherSellerUser, sellerId, otherSellerId } = PEOPLE;
const { audio, headphones, productId, variantId, draftId, otherProductId } = THINGS;

let shop: ReadShop;
beforeAll(async () => {
  shop = await createReadShop();
  await tellMarketplace(shop);
});
afterAll(() => shop?.stop());

describe('accounts', () => {
  it('are shown to themselves, by id or as me, and to staff; to others they are not there', async () => {
    const own = await shop.get('/users/me', { userId: buyer });
    expect(userResource.strict().parse(own.body)).toMatchObject({
      userId: buyer,
      email: 'ada@example.com',
      roles: ['buyer'],
    });
    expect((await shop.get(`/users/${buyer}`, { userId: newId(), roles: ['support'] })).body).toEqual(own.body);
    expect((await shop.get(`/users/${buyer}`, { userId: newId() })).status).toBe(404);
    expect((await shop.get('/users/me')).status).toBe(401);
  });

  it('have a tag that saves sending them again', async () => {
    const { headers } = await shop.get('/users/me', { userId: buyer });
    const again = await shop.get('/users/me', { userId: buyer }, { 'if-none-match': headers.get('etag') ?? '' });
    expect([again.status, again.body]).toEqual([304, undefined]);
  });

  it('of sellers are anybody’s to see once approved, before that their own and staff’s', async () => {
    const applied = newId();
    const applicant = newId();
    await shop.tell(seller(applied, applicant, 'Newcomer', false));
    expect(sellerResource.strict().parse((await shop.get(`/sellers/${sellerId}`)).body).status).toBe('approved');
    expect((await shop.get(`/sellers/${applied}`)).status).toBe(404);
    expect((await shop.get('/sellers/me', { userId: applicant })).body.sellerId).toBe(applied);
    expect((await shop.get(`/sellers/${applied}`, { userId: newId(), roles: ['admin'] })).status).toBe(200);
    expect((await shop.get('/sellers/me')).status).toBe(401);
    expect((await shop.get('/sellers/me', { userId: newId() })).status).toBe(404);
  });
});

describe('the catalogue', () => {
  it('shows the tree of categories', async () => {
    const { body } = await shop.get('/categories');
    expect(body.items).toMatchObject([
      {
        categoryId: audio,
        parentId: null,
        path: ['Audio'],
        children: [{ categoryId: headphones, path: ['Audio', 'Headphones'], children: [] }],
      },
    ]);
  });

  it('shows one category by its own address', async () => {
    const one = await shop.get(`/categories/${headphones}`);
    expect(one).toMatchObject({ status: 200, body: { categoryId: headphones, path: ['Audio', 'Headphones'] } });
    expect((await shop.get(`/categories/${newId()}`)).status).toBe(404);
  });

  it('shows a published product to anybody, in the published shape', async () => {
    const { status, headers, body } = await shop.get(`/products/${productId}`);
    expect(status).toBe(200);
    expect(productResource.strict().parse(body)).toMatchObject({
      productId,
      status: 'published',
      variants: [{ variantId, price: usd(1_999) }],
    });
    expect(headers.get('etag')).toMatch(/^"2\./);
  });

  it('shows a draft to its seller and staff only', async () => {
    const statusFor = async (as: Parameters<ReadShop['get']>[1]) => (await shop.get(`/products/${draftId}`, as)).status;
    expect(await statusFor({})).toBe(404);
    expect(await statusFor({ userId: otherSellerUser })).toBe(404);
    expect(await statusFor({ userId: sellerUser })).toBe(200);
    expect(await statusFor({ userId: newId(), roles: ['support'] })).toBe(200);
  });

  it('lists, filters, counts and pages what is published', async () => {
    const all = await shop.get('/products?sort=price_asc&facets=brand,price');
    expect(all.body.found).toBe(2);
    for (const item of all.body.items) summaryResource.strict().parse(item);
    expect(all.body.facets.brand).toEqual([{ value: 'Acme', count: 2 }]);
    expect(all.body.items.map(({ productId: id }: { productId: string }) => id)).toEqual([otherProductId, productId]);
    const first = await shop.get('/products?sort=price_asc&limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await shop.get(`/products?sort=price_asc&limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items[0].productId).toBe(productId);
    expect(second.body.nextCursor).toBeNull();
    expect((await shop.get(`/products?seller=${sellerId}&priceMin=1000`)).body.found).toBe(1);
    expect((await shop.get('/products?priceMax=100')).body).toMatchObject({ found: 0, items: [], nextCursor: null });
  });

  it('finds what was meant, and suggests', async () => {
    const { body } = await shop.get('/products?q=hedphones');
    expect(body.items[0]?.productId).toBe(productId);
    const { body: suggested } = await shop.get('/search/suggest?q=headp');
    expect(suggested.items.length).toBeGreaterThan(0);
  });

  it.each([
    'sort=relevance',
    'sort=cheapest',
    'limit=0',
    'limit=101',
    'priceMin=-1',
    'priceMin=',
    'inStock=yes',
    'category=headphones',
    'facets=brand,size',
    'q=%00',
    'cursor=abc',
    'page=2',
  ])('refuses the query %s: 400', async (query) => {
    const { status, body } = await shop.get(`/products?${query}`);
    expect([status, body.code]).toEqual([400, 'malformed']);
  });

  it('refuses a cursor that was given with other filters', async () => {
    const { body } = await shop.get('/products?sort=price_asc&limit=1');
    expect((await shop.get(`/products?sort=price_desc&limit=1&cursor=${body.nextCursor}`)).status).toBe(400);
  });

  it('shows stock to its seller and staff, to others nothing', async () => {
    const { status, body } = await shop.get(`/inventory/${variantId}`, { userId: sellerUser });
    expect(status).toBe(200);
    expect(inventoryResource.strict().parse(body)).toMatchObject({ onHand: 50, reserved: 1, available: 49 });
    expect((await shop.get(`/inventory/${variantId}`, { userId: otherSellerUser })).status).toBe(404);
    expect((await shop.get(`/inventory/${variantId}`)).status).toBe(401);
    expect((await shop.get(`/inventory/${newId()}`, { userId: sellerUser })).status).toBe(404);
  });
});

describe('reading one’s own writes', () => {
  it('waits for the position that a write answered with', async () => {
    const id = newId();
    const position = await shop.log.tell(
      listing({ productId: id, sellerId, categoryId: headphones, name: 'Just now' }),
    );
    const headers = { 'souk-wait-for': shop.token(position) };
    expect((await shop.get(`/products/${id}`, {}, headers)).status).toBe(200);
  });

  it('refuses a token of another log: 400 bad_position', async () => {
    const { status, body } = await shop.get('/products', {}, { 'souk-wait-for': '00000000-1-0000000000000001' });
    expect([status, body.code]).toEqual([400, 'bad_position']);
  });
});

describe('operations', () => {
  it('see how projections are, and read the log page by page', async () => {
    const ops = { userId: newId(), roles: ['ops'] };
    const { body } = await shop.get('/admin/projections', ops);
    expect(body.items.map(({ name }: { name: string }) => name)).toContain('orders');
    const first = await shop.get('/admin/events?category=seller&type=SellerApproved&limit=1', ops);
    expect(first.body.items).toMatchObject([
      { type: 'SellerApproved', stream: `seller-${sellerId}`, metadata: { correlationId: expect.any(String) } },
    ]);
    const next = await shop.get(
      `/admin/events?category=seller&type=SellerApproved&limit=1&cursor=${first.body.nextCursor}`,
      ops,
    );
    expect(next.body.items).toMatchObject([{ stream: `seller-${otherSellerId}` }]);
    expect((await shop.get('/admin/events?after=nowhere', ops)).body.code).toBe('bad_position');
  });

  it('are not for others', async () => {
    expect((await shop.get('/admin/projections', { userId: buyer })).status).toBe(403);
    expect((await shop.get('/admin/events')).status).toBe(401);
  });
});
