import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import type { As } from './testing/client.ts';
import { addCategory, logInAdmin, openSeller, productBody, type Seller, sell } from './testing/people.ts';
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

describe('listing a product', () => {
  it('answers with the product, where it is, and its revision', async () => {
    const specifications = [{ name: 'Weight', value: '250 g' }];
    const images = [{ url: 'https://example.com/a.png', alt: 'Front' }];
    const variants = [variant({ sku: 'P-1' }), variant()];
    const body = productBody(categoryId, { variants, specifications, images });
    const reply = await shop.call('POST /products', { as: seller, body });
    expect(reply.status).toBe(201);
    const { productId } = reply.body;
    expect(reply.headers.get('location')).toBe(`/products/${productId}`);
    expect(reply.headers.get('etag')).toMatch(/^"\d+\./);
    expect(reply.body).toMatchObject({
      sellerId: seller.sellerId,
      status: 'published',
      slug: 'wireless-headphones',
      specifications,
      images,
      variants: [{ sku: 'P-1', price }, { sku: null }],
    });
    const headers = { 'souk-wait-for': reply.headers.get('souk-position') ?? '' };
    const shown = await shop.call(`GET /products/${productId}`, { headers });
    expect(shown).toMatchObject({ status: 200, body: { productId, rating: { average: null, count: 0 } } });
  });

  it('stays a draft unless told otherwise; publish shows it and archive takes it away for good', async () => {
    const { productId, status } = (await list({ publish: undefined })).body;
    expect(status).toBe('draft');
    const path = `/products/${productId}`;
    expect((await shop.call(`POST ${path}/publish`, { as: seller })).body.status).toBe('published');
    expect((await shop.call(`POST ${path}/archive`, { as: seller })).body.status).toBe('archived');
    const refused = [
      shop.call(`POST ${path}/publish`, { as: seller }),
      shop.call(`PATCH ${path}`, { as: seller, body: { name: 'New' } }),
      shop.call(`POST ${path}/images`, { as: seller, body: { url: 'https://example.com/b.png', alt: '' } }),
      shop.call(`POST ${path}/variants`, { as: seller, body: variant() }),
    ];
    for (const reply of await Promise.all(refused)) {
      expect(reply).toMatchObject({ status: 409, body: { code: 'product_archived' } });
    }
  });

  it('is made once for one Idempotency-Key, and not with another body', async () => {
    const headers = { 'idempotency-key': newId() };
    const body = productBody(categoryId, { variants: [variant({ sku: 'KEY-1' })] });
    const first = await shop.call('POST /products', { as: seller, body, headers });
    const again = await shop.call('POST /products', { as: seller, body, headers });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await shop.call('POST /products', { as: seller, body: { ...body, name: 'Other' }, headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it.each([
    ['no variant', { variants: [] }, '/variants', 'invalid'],
    [
      'a price of nothing',
      { variants: [variant({ price: { amount: -1, currency: 'USD' } })] },
      '/variants/0/price/amount',
      'invalid',
    ],
    [
      'a price whose sums would not be exact',
      { variants: [variant({ price: { amount: 10_000_000_001, currency: 'USD' } })] },
      '/variants/0/price/amount',
      'invalid',
    ],
    [
      'two currencies',
      { variants: [variant(), variant({ price: { amount: 1, currency: 'EUR' } })] },
      '/variants/1/price/currency',
      'currency_mismatch',
    ],
    [
      'two variants alike',
      { variants: [variant({ options: {} }), variant({ options: {} })] },
      '/variants/1/options',
      'duplicate_options',
    ],
    [
      'an option whose name is the log’s own',
      { variants: [variant({ options: { size: 'L', ' $sealed': 'x' } })] },
      '/variants/0/options/$sealed',
      'invalid',
    ],
    ['a category that is not there', { categoryId: newId() }, '/categoryId', 'invalid'],
    ['an image that is no web page', { images: [{ url: 'file:///etc/passwd', alt: '' }] }, '/images/0/url', 'invalid'],
    [
      'an image whose URL cannot be stored',
      { images: [{ url: 'https://e.com/\u0000', alt: '' }] },
      '/images/0/url',
      'invalid',
    ],
    ['an unknown field', { price }, '/price', 'invalid'],
  ])('refuses %s', async (_what, more, pointer, code) => {
    const reply = await list(more);
    expect(reply).toMatchObject({ status: 422, body: { code, errors: [{ pointer }] } });
  });

  it('refuses a SKU that another of the seller’s variants has, and lets another seller have it', async () => {
    const variants = [variant({ sku: 'DOUBLE' })];
    expect((await list({ variants })).status).toBe(201);
    expect(await list({ variants })).toMatchObject({
      status: 409,
      body: { code: 'sku_taken', errors: [{ pointer: '/variants/0/sku' }] },
    });
    expect((await list({ variants }, await openSeller(shop, admin))).status).toBe(201);
  });
});

describe('changing a product', () => {
  it('changes what is given, at the revision that was read', async () => {
    const { product } = await sell(shop, { seller, categoryId });
    const path = `/products/${product.productId}`;
    const renamed = await shop.call(`PATCH ${path}`, { as: seller, body: { name: 'Quiet One' } });
    expect(renamed.body).toMatchObject({ name: 'Quiet One', slug: 'quiet-one', brand: product.brand });
    const withImage = await shop.call(`POST ${path}/images`, {
      as: seller,
      body: { url: 'https://example.com/c.png', alt: 'C' },
    });
    expect(withImage).toMatchObject({ status: 201, body: { images: [{ alt: 'C' }] } });
    expect((await shop.call(`PATCH ${path}`, { as: seller, body: { categoryId: newId() } })).status).toBe(422);
    const edits = [
      [`PATCH ${path}`, { name: 'Late' }],
      [`POST ${path}/publish`, {}],
      [`POST ${path}/archive`, {}],
      [`POST ${path}/images`, { url: 'https://example.com/d.png', alt: '' }],
      [`POST ${path}/variants`, variant({ sku: 'LATE' })],
      [`PATCH ${path}/variants/${product.variants[0].variantId}`, { sku: 'LATE' }],
    ] as const;
    for (const [request, body] of edits) {
      expect(await shop.call(request, { as: seller, body, headers: STALE })).toMatchObject({
        status: 412,
        body: { code: 'stale' },
      });
    }
  });

  it('is its seller’s: others who see it are forbidden, a draft is nothing to them', async () => {
    const { product, variantId } = await sell(shop, { seller, categoryId });
    const draft = (await list({ publish: false })).body;
    const other = await openSeller(shop, admin);
    for (const [{ productId }, id, status] of [
      [product, variantId, 403],
      [draft, draft.variants[0].variantId, 404],
    ] as const) {
      const path = `/products/${productId}`;
      for (const request of [
        `PATCH ${path}`,
        `POST ${path}/publish`,
        `POST ${path}/archive`,
        `PATCH ${path}/variants/${id}`,
      ]) {
        expect((await shop.call(request, { as: other, body: {} })).status).toBe(status);
        expect((await shop.call(request, { body: {} })).status).toBe(401);
      }
    }
  });

  it('adds and revises variants; SKUs stay unique within the seller', async () => {
    const { product, variantId } = await sell(shop, { seller, categoryId });
    const path = `/products/${product.productId}/variants`;
    const added = await shop.call(`POST ${path}`, { as: seller, body: variant({ sku: 'ADD-1' }) });
    expect(added).toMatchObject({ status: 201, body: { variants: [{}, { sku: 'ADD-1' }] } });
    const revised = await shop.call(`PATCH ${path}/${variantId}`, { as: seller, body: { sku: 'ADD-2', price } });
    expect(revised.body.variants[0]).toMatchObject({ sku: 'ADD-2', price });
    const refusals = [
      [`POST ${path}`, variant({ sku: 'ADD-2' }), 409, 'sku_taken'],
      [`PATCH ${path}/${variantId}`, { sku: 'ADD-1' }, 409, 'sku_taken'],
      [`POST ${path}`, variant({ price: { amount: 1, currency: 'EUR' } }), 422, 'currency_mismatch'],
      [`PATCH ${path}/${variantId}`, { price: { amount: 1, currency: 'EUR' } }, 422, 'currency_mismatch'],
      [`POST ${path}`, variant({ price: { amount: 10_000_000_001, currency: 'USD' } }), 422, 'invalid'],
      [`PATCH ${path}/${variantId}`, { price: { amount: 10_000_000_001, currency: 'USD' } }, 422, 'invalid'],
      [`POST ${path}`, variant({ options: product.variants[0].options }), 422, 'duplicate_options'],
      [`PATCH ${path}/${variantId}`, { options: added.body.variants[1].options }, 422, 'duplicate_options'],
      [`PATCH ${path}/${newId()}`, { price }, 404, 'not_found'],
    ] as const;
    for (const [request, body, status, code] of refusals) {
      expect(await shop.call(request, { as: seller, body })).toMatchObject({ status, body: { code } });
    }
    await shop.done(`POST /products/${product.productId}/archive`, { as: seller });
    expect(
      (await shop.call(`PATCH ${path}/${variantId}`, { as: seller, body: { price: { amount: 9, currency: 'USD' } } }))
        .body.code,
    ).toBe('product_archived');
  });

  it('takes no SKU whose claim ran out, as when a request is repeated minutes after a crash', async () => {
    const { product, variantId } = await sell(shop, { seller, categoryId });
    const path = `/products/${product.productId}/variants`;
    const holder = (await list({ variants: [variant({ sku: 'OLD-1' })] })).body;
    const requests = [
      ['POST /products', productBody(categoryId, { variants: [variant({ sku: 'OLD-1' })] })],
      [`POST ${path}`, variant({ sku: 'OLD-1' })],
      [`PATCH ${path}/${variantId}`, { sku: 'OLD-1' }],
    ] as const;
    const send = (at: number) => {
      const [request, body] = requests[at] ?? requests[0];
      return shop.call(request, { as: seller, body, headers: { 'idempotency-key': `old-${at}-${variantId}` } });
    };
    for (const at of requests.keys()) expect((await send(at)).body.code).toBe('sku_taken');
    await shop.done(`PATCH /products/${holder.productId}/variants/${holder.variants[0].variantId}`, {
      as: seller,
      body: { sku: null },
    });
    // What a crash leaves behind: the record of the request, its age, and no answer.
    await shop.database.pool.query(
      `update http.idempotency_records set answer = null, leased_until = now(), command_id = gen_random_uuid(),
         issued_at = to_char((now() - interval '10 minutes') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    );
    for (const at of requests.keys()) {
      expect(await send(at)).toMatchObject({ status: 409, body: { code: 'sku_claim_expired' } });
    }
  });
});
