/** What clients read, over HTTP: shapes, whose it is, waiting, and changes as they happen. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  cartResource,
  inventoryResource,
  orderResource,
  paymentResource,
  productResource,
  sellerResource,
  summaryResource,
  userResource,
} from '../domain/resources.ts';
import { newId } from '../platform/ids.ts';
import { type Purchase, purchase } from '../projections/testing/purchase.ts';
import { category, listing, told, usd } from '../projections/testing/story.ts';
import { createReadShop, headersOf, type ReadShop } from './testing/read-shop.ts';

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

const buyer = newId();
const sellerUser = newId();
const otherSellerUser = newId();
const [sellerId, otherSellerId] = [newId(), newId()];
const [audio, headphones] = [newId(), newId()];
const [productId, variantId, draftId] = [newId(), newId(), newId()];
const [otherProductId, otherVariantId] = [newId(), newId()];

let shop: ReadShop;
let bought: Purchase;
let guest: Purchase;

function seller(id: string, userId: string, name: string, approved = true) {
  const stream = `seller-${id}`;
  return [
    told(stream, 'SellerApplied', { sellerId: id, userId, name, slug: name.toLowerCase() }),
    ...(approved ? [told(stream, 'SellerApproved', { sellerId: id, userId })] : []),
  ];
}

beforeAll(async () => {
  shop = await createReadShop();
  const { seal } = shop.log;
  const of = { categoryId: headphones, brand: 'Acme', stock: 50 };
  bought = await purchase(
    seal,
    [
      { productId, variantId, sellerId, quantity: 2, unit: 1_999 },
      { productId: otherProductId, variantId: otherVariantId, sellerId: otherSellerId, quantity: 1, unit: 500 },
    ],
    { buyerId: buyer, cartTokenHash: null },
  );
  guest = await purchase(seal, [{ productId, variantId, sellerId, quantity: 1, unit: 1_999 }], {
    buyerId: null,
    cartTokenHash: hashOf('guest-token'),
  });
  await shop.tell([
    told(`user-${buyer}`, 'UserRegistered', {
      userId: buyer,
      emailKey: 'k',
      email: await seal(buyer, 'ada@example.com'),
      name: await seal(buyer, 'Ada'),
      passwordHash: await seal(buyer, 'x'),
    }),
    ...seller(sellerId, sellerUser, 'Sound'),
    ...seller(otherSellerId, otherSellerUser, 'Vision'),
    category(audio, 'Audio'),
    category(headphones, 'Headphones', audio),
    ...listing({ ...of, productId, variantId, sellerId, name: 'Quiet Headphones' }),
    ...listing({
      ...of,
      productId: otherProductId,
      variantId: otherVariantId,
      sellerId: otherSellerId,
      name: 'Loud Speaker',
      price: usd(500),
    }),
    told(`product-${draftId}`, 'ProductDrafted', {
      productId: draftId,
      sellerId,
      slug: 'draft',
      name: 'Draft',
      description: '',
      brand: 'Acme',
      categoryId: headphones,
      specifications: [],
      popularity: 0,
      images: [],
    }),
    ...bought.cart,
    ...guest.cart,
    ...guest.placed,
  ]);
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

describe('the events of an order', () => {
  type Event = { readonly id: string; readonly order: { readonly status: string } };

  async function watch(orderId: string, as: Parameters<typeof headersOf>[0], headers: Record<string, string> = {}) {
    const answer = await fetch(`${shop.url}/orders/${orderId}/events`, { headers: { ...headersOf(as), ...headers } });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const next = async (): Promise<Event | undefined> => {
      for (;;) {
        const match = /event: order\nid: (\S+)\ndata: (.*)\n\n/.exec(text);
        if (match !== null) {
          text = text.slice(match.index + match[0].length);
          return { id: match[1] ?? '', order: JSON.parse(match[2] ?? '') };
        }
        const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
        if (done) return undefined;
        text += value;
      }
    };
    return { status: answer.status, next, cancel: () => reader?.cancel() };
  }

  it('come at once and at each change, and end with the order', async () => {
    const stream = await watch(guest.orderId, { cartToken: 'guest-token' });
    expect((await stream.next())?.order.status).toBe('placed');
    await shop.log.tell([...guest.confirmed]);
    const seen = [];
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      seen.push(event.order.status);
      if (event.order.status === 'confirmed') break;
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
    let last: Event | undefined;
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) last = event;
    expect(last?.order.status).toBe('cancelled');
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
