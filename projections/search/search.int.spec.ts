/** What a shopper finds: words, typing errors, filters, sorts, facets, pages, suggestions. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { summaryResource } from '../../domain/resources.ts';
import { newId } from '../../platform/ids.ts';
import { BadCursor } from '../read.ts';
import { approvedSeller, category, type Listing, listing, type Told, told, usd } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { searchModel } from './model.ts';
import type { SearchParams } from './params.ts';
import { searchProducts } from './queries.ts';
import { indexVersion } from './remembered.ts';
import { suggest } from './suggest.ts';

const [seller, other, unknown] = [newId(), newId(), newId()];
const [audio, headphones, kitchen] = [newId(), newId(), newId()];
const ids = new Map<string, string>();
let log: TestLog;
let running: ReturnType<TestLog['runtime']>;

function list(name: string, of: Partial<Listing> & Pick<Listing, 'categoryId'>): Told[] {
  const productId = newId();
  ids.set(name, productId);
  return listing({ productId, sellerId: seller, name, ...of });
}

async function see(events: readonly Told[]): Promise<void> {
  expect(await running.waitFor(await log.tell(events), ['search'], 20_000)).toEqual({ ok: true });
}

const search = (params: Partial<SearchParams> = {}) => searchProducts(log.database.pool, { limit: 24, ...params });
const names = async (params: Partial<SearchParams>) => (await search(params)).items.map((item) => item.name);

beforeAll(async () => {
  log = await createTestLog();
  running = log.runtime();
  await running.start();
  const sony = { brand: 'Sony', categoryId: headphones };
  const spare = { variantId: newId(), sku: null, options: {}, price: usd(9_000) };
  await see([
    ...approvedSeller(seller),
    ...approvedSeller(other),
    told(`seller-${unknown}`, 'SellerApplied', { sellerId: unknown, userId: newId(), name: 'New', slug: 'new' }),
    category(audio, 'Audio'),
    category(headphones, 'Headphones', audio),
    category(kitchen, 'Kitchen'),
    ...list('Sony MDR-ZX110 black', { ...sony, price: usd(1_500), stock: 3, popularity: 10 }),
    ...list('Wireless over-ear set', { ...sony, price: usd(20_000), popularity: 500, description: 'Folds flat' }),
    ...list('Bluetooth Speaker', { brand: 'Bose', categoryId: audio, price: usd(9_900), stock: 1, popularity: 90 }),
    ...list('Café grinder', { brand: 'Böhm', categoryId: kitchen, price: usd(4_000), sellerId: other }),
    ...list('Espresso boxes', { brand: 'Böhm', categoryId: kitchen, description: 'Holds headphones, oddly' }),
    ...list('Secret thing', { categoryId: kitchen, sellerId: unknown }),
    ...list('Old thing', { categoryId: kitchen }),
  ]);
  const [set, old] = [ids.get('Wireless over-ear set') ?? '', ids.get('Old thing') ?? ''];
  await see([
    told(`product-${set}`, 'VariantAdded', { productId: set, sellerId: seller, ...spare }),
    told(`product-${old}`, 'ProductArchived', { productId: old }),
  ]);
});
afterAll(() => log.close());

it('answers with summaries of what is on offer, newest first, and counts them', async () => {
  const result = await search();
  for (const item of result.items) summaryResource.parse(item);
  expect(result).toMatchObject({ found: 5, nextCursor: null });
  expect(result.items.map((item) => item.name)).not.toContain('Secret thing');
  expect(result.items[0]?.name).toBe('Espresso boxes');
  expect(result.items.find((item) => item.name === 'Wireless over-ear set')).toMatchObject({
    priceFrom: usd(9_000),
    priceTo: usd(20_000),
    inStock: false,
    rating: { average: null, count: 0 },
  });
});

it.each([
  ['a word of the category, before a word of the description', 'headphones'],
  ['the singular', 'headphone'],
  ['a beginning', 'headpho'],
  ['a typing error', 'hedphones'],
  ['two letters swapped', 'haedphones'],
])('finds headphones by %s', async (_, q) => {
  const found = await names({ q });
  expect([...found].sort()).toEqual(['Espresso boxes', 'Sony MDR-ZX110 black', 'Wireless over-ear set']);
  expect(found.at(-1)).toBe('Espresso boxes');
});

it.each([
  ['mdr-zx110', 'Sony MDR-ZX110 black'],
  ['MDRZX110', 'Sony MDR-ZX110 black'],
  ['zx110', 'Sony MDR-ZX110 black'],
  ['cafe', 'Café grinder'],
  ['bohm grinder', 'Café grinder'],
  ['espresso box', 'Espresso boxes'],
  ['speakr bluetooht', 'Bluetooth Speaker'],
  ['sony wirelss', 'Wireless over-ear set'],
])('reads %s as %s', async (q, name) => {
  expect(await names({ q })).toEqual([name]);
});

it('finds nothing for words that nothing has, or for no word at all, however odd', async () => {
  for (const q of ['xylophone', '!?', `'`, `a' | 'b`, '\\', '-:*&', 'z'.repeat(500)]) {
    expect(await search({ q })).toMatchObject({ items: [], found: 0 });
  }
});

it.each<[string, Partial<SearchParams>, string[]]>([
  [
    'a category with what is below it',
    { category: [audio] },
    ['Bluetooth Speaker', 'Sony MDR-ZX110 black', 'Wireless over-ear set'],
  ],
  ['one of two categories', { category: [headphones, kitchen], brand: ['Böhm'] }, ['Café grinder', 'Espresso boxes']],
  ['brands, or, without case', { brand: ['bose', 'BÖHM'] }, ['Bluetooth Speaker', 'Café grinder', 'Espresso boxes']],
  ['a seller', { seller: [other] }, ['Café grinder']],
  ['a price from', { priceMin: 9_900 }, ['Bluetooth Speaker', 'Wireless over-ear set']],
  ['a price to', { priceMax: 1_999 }, ['Espresso boxes', 'Sony MDR-ZX110 black']],
  ['a price between, met by a variant', { priceMin: 10_000, priceMax: 19_999 }, []],
  ['a currency that nothing has', { priceMin: 0, currency: 'EUR' }, []],
  ['stock', { inStock: true }, ['Bluetooth Speaker', 'Sony MDR-ZX110 black']],
  ['no stock', { inStock: false }, ['Café grinder', 'Espresso boxes', 'Wireless over-ear set']],
  ['a rating nobody has given', { ratingMin: 1 }, []],
])('narrows by %s', async (_, params, expected) => {
  const result = await search(params);
  expect(result.items.map((item) => item.name).sort()).toEqual(expected);
  expect(result.found).toBe(expected.length);
});

it('sorts by price up and down and by what sold, where equals have an order of their own', async () => {
  const up = await names({ sort: 'price_asc' });
  expect(up.slice(0, 2)).toEqual(['Sony MDR-ZX110 black', 'Espresso boxes']);
  expect(await names({ sort: 'price_desc' })).toEqual([...up].reverse());
  expect((await names({ sort: 'bestselling' })).slice(0, 2)).toEqual(['Wireless over-ear set', 'Bluetooth Speaker']);
  expect(await names({ sort: 'rating' })).toHaveLength(5);
});

it.each(['newest', 'price_asc', 'price_desc', 'bestselling', 'rating', 'relevance'] as const)(
  'pages through %s without gaps or repeats, also when products come in between',
  async (sort) => {
    const q = sort === 'relevance' ? 'headphones' : undefined;
    const whole = await names({ sort, q });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search({ sort, q, limit: 2, cursor });
      seen.push(...page.items.map((item) => item.name));
      cursor = page.nextCursor ?? undefined;
      if (seen.length === 2) await see(list(`Late ${sort}`, { categoryId: kitchen }));
    } while (cursor);
    expect(seen.filter((name) => !name.startsWith('Late'))).toEqual(whole.filter((name) => !name.startsWith('Late')));
    expect(new Set(seen).size).toBe(seen.length);
    const late = ids.get(`Late ${sort}`) ?? '';
    await see([told(`product-${late}`, 'ProductArchived', { productId: late })]);
  },
);

it('refuses a cursor that is none, or of another sort', async () => {
  const { nextCursor } = await search({ limit: 1 });
  await expect(search({ cursor: nextCursor ?? '', sort: 'price_asc' })).rejects.toThrow(BadCursor);
  await expect(search({ cursor: 'nonsense' })).rejects.toThrow(BadCursor);
});

it('counts each facet without its own filter and with all the others', async () => {
  const { facets } = await search({
    category: [headphones],
    brand: ['Bose'],
    inStock: true,
    facets: ['brand', 'category', 'rating', 'price'],
  });
  expect(facets?.brand).toEqual([{ value: 'Sony', count: 1 }]);
  expect(facets?.category).toEqual([{ value: audio, label: 'Audio', count: 1 }]);
  expect(facets?.rating).toEqual([]);
  expect(facets?.price).toBeNull();
  const all = await search({ priceMax: 5_000, facets: ['price', 'brand'] });
  expect(all.facets?.price).toEqual({ min: usd(1_500), max: usd(20_000) });
  expect(all.facets?.brand?.find(({ value }) => value === 'Sony')?.count).toBe(1);
  expect((await search()).facets).toBeUndefined();
});

it('takes up a renamed category, a suspended seller and stock that comes, without being asked to rebuild', async () => {
  const grinder = ids.get('Café grinder') ?? '';
  await see([told('category-tree', 'CategoryRenamed', { categoryId: kitchen, name: 'Cookery', slug: 'cookery' })]);
  expect(await names({ q: 'cookery' })).toHaveLength(2);
  expect(await names({ q: 'kitchen' })).toEqual([]);
  const received = { variantId: newId(), productId: grinder, sellerId: other, sku: null, quantity: 2 };
  await see([told(`inventory-${received.variantId}`, 'StockReceived', received)]);
  expect(await names({ inStock: true, category: [kitchen] })).toEqual(['Café grinder']);
  await see([told(`seller-${other}`, 'SellerSuspended', { sellerId: other })]);
  expect(await names({ q: 'grinder' })).toEqual([]);
  await see([told(`seller-${other}`, 'SellerApproved', { sellerId: other, userId: newId() })]);
  expect(await names({ q: 'grinder' })).toEqual(['Café grinder']);
});

it('suggests words, brands, categories and products for what is half typed, errors forgiven', async () => {
  const kinds = async (q: string) => suggest(log.database.pool, { q, limit: 10 });
  expect(await kinds('head')).toEqual(
    expect.arrayContaining([
      { text: 'headphones', kind: 'query' },
      { text: 'Headphones', kind: 'category', id: headphones },
    ]),
  );
  expect(await kinds('bos')).toContainEqual({ text: 'Bose', kind: 'brand' });
  expect(await kinds('speaker')).toContainEqual({
    text: 'Bluetooth Speaker',
    kind: 'product',
    id: ids.get('Bluetooth Speaker') ?? '',
  });
  expect(await kinds('hedph')).toContainEqual({ text: 'headphones', kind: 'query' });
  expect(await kinds('sony wirel')).toContainEqual({ text: 'sony wireless', kind: 'query' });
  expect(await kinds('%')).toEqual([]);
  expect(await suggest(log.database.pool, { q: 'head', limit: 1 })).toHaveLength(1);
});

it('moves on when it is built anew, so that no answer of the index before is given for it', async () => {
  const reader = log.database.pool;
  const before = await indexVersion(reader);
  const anew = { ...searchModel, version: searchModel.version + 1 };
  await log.runtime({ derived: [anew] }).catchUp();
  expect(await indexVersion(reader)).toBeGreaterThan(before);
});
