/** What every engine of search must do, on a small marketplace. */
import { beforeAll, expect, it } from '@jest/globals';
import { summaryResource } from '../../domain/resources.ts';
import { newId } from '../../platform/ids.ts';
import { BadCursor } from '../read.ts';
import { told, usd } from '../testing/story.ts';
import type { SearchParams } from './params.ts';
import { fillMarket, MARKET, searching } from './testing/market.ts';
import type { SearchUnderTest } from './testing/search-under-test.ts';

const { other, audio, headphones, kitchen } = MARKET;

/** Registers the rules with jest. */
export function searchContract(subject: () => SearchUnderTest): void {
  const market = searching(subject);
  const { see, list, idOf, search, names, suggest } = market;
  beforeAll(() => fillMarket(market), 120_000);

  it('answers with summaries of what is on offer, newest first, and counts them', async () => {
    const result = await search();
    for (const item of result.items) summaryResource.parse(item);
    expect(result).toMatchObject({ found: 6, nextCursor: null });
    expect(result.items.map((item) => item.name)).not.toContain('Secret thing');
    expect(result.items[0]?.name).toBe('<b>Tag & "quote"</b> toaster');
    expect(result.items.find((item) => item.name === 'Wireless over-ear set')).toMatchObject({
      priceFrom: usd(9_000),
      priceTo: usd(20_000),
      inStock: false,
      rating: { average: null, count: 0 },
    });
    expect(result.items.every((item) => item.highlight === undefined)).toBe(true);
  });

  it.each([
    ['a word of the category, before a word of the description', 'headphones'],
    ['the singular', 'headphone'],
    ['a beginning', 'headpho'],
    ['another word for it', 'earbuds'],
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
    ['zz-77/b', 'Sony MDR-ZX110 black'],
    ['cafe', 'Café grinder'],
    ['bohm grinder', 'Café grinder'],
    ['espresso box', 'Espresso boxes'],
    ['speakr bluetooht', 'Bluetooth Speaker'],
    ['sony wirelss', 'Wireless over-ear set'],
    ['loudspeaker', 'Bluetooth Speaker'],
    ['batteries', 'Café grinder'],
    ['usbc', 'Café grinder'],
  ])('reads %s as %s', async (q, name) => {
    expect(await names({ q })).toEqual([name]);
  });

  it.each([
    'xylophone',
    'speaker xylophone',
    '!?',
    `'`,
    `x' | 'z`,
    '\\',
    '-:*&',
    '*',
    '``',
    '"',
    '[]',
    'z'.repeat(500),
  ])('finds nothing for words that nothing has all of, or for no word at all, as in %s', async (q) => {
    expect(await search({ q, facets: ['brand'] })).toMatchObject({ items: [], found: 0, nextCursor: null });
  });

  it('takes nothing in a query for an operator', async () => {
    expect(await names({ q: '-sony speaker' })).toEqual([]);
    expect(await names({ q: 'speaker -bose' })).toEqual(['Bluetooth Speaker']);
    expect(await names({ q: '"speaker bluetooth"' })).toEqual(['Bluetooth Speaker']);
    expect(await names({ q: 'speaker && brand:=`Sony`' })).toEqual([]);
  });

  it.each([
    'x` || brand:=`Sony',
    'x\\` || in_stock:true || brand:=\\`x',
    'Sony`] || price_from:>0 || brand_key:=[`x',
    'Sony && Bose',
    'Sony,Bose',
    '[Sony]',
    '*',
    'So*',
    '"Sony"',
    "Sony' or '1'='1",
    '(Sony',
    ')',
    '\\',
    '`',
    '',
    '\n',
  ])('takes %j as the name of a brand, which nothing has', async (brand) => {
    expect(await search({ brand: [brand] })).toMatchObject({ items: [], found: 0 });
    expect(await names({ brand: [brand, 'Bose'], inStock: true })).toEqual(['Bluetooth Speaker']);
    expect(await search({ category: [brand], facets: ['category', 'brand'] })).toMatchObject({ found: 0 });
    expect(await search({ seller: [brand] })).toMatchObject({ found: 0 });
  });

  it('finds a brand by its name, whatever that is made of', async () => {
    expect(await names({ brand: ['a`b && (c:=[*])'] })).toEqual(['<b>Tag & "quote"</b> toaster']);
    const { facets } = await search({ q: 'toaster', facets: ['brand'] });
    expect(facets?.brand).toEqual([{ value: 'A`B && (C:=[*])', count: 1 }]);
  });

  it('marks what matched, and escapes all the rest', async () => {
    const { items } = await search({ q: 'toaster' });
    expect(items[0]?.highlight).toEqual({
      name: '&lt;b&gt;Tag &amp; &quot;quote&quot;&lt;/b&gt; <mark>toaster</mark>',
      description: 'For &lt;i&gt;bread&lt;/i&gt; &amp; <mark>toaster</mark> fans',
    });
    const [sony] = (await search({ q: 'sony zx110' })).items;
    expect(sony?.highlight?.name).toMatch(/^<mark>Sony<\/mark> MDR-<mark>ZX110<\/mark> black$/);
    expect(sony?.highlight?.description).toBeUndefined();
    const typo = (await search({ q: 'speakr' })).items[0];
    expect(typo?.highlight?.name).toMatch(/^Bluetooth <mark>Speake?r?<\/mark>r?$/);
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
    ['a price between, met by no variant', { priceMin: 10_000, priceMax: 19_999 }, []],
    ['a price between, met by one variant', { priceMin: 8_000, priceMax: 9_500 }, ['Wireless over-ear set']],
    ['bounds that cross', { priceMin: 5_000, priceMax: 4_000 }, []],
    ['a currency that nothing has', { priceMin: 0, currency: 'EUR' }, []],
    ['stock', { inStock: true }, ['Bluetooth Speaker', 'Sony MDR-ZX110 black']],
    [
      'no stock',
      { inStock: false },
      ['<b>Tag & "quote"</b> toaster', 'Café grinder', 'Espresso boxes', 'Wireless over-ear set'],
    ],
    ['a rating nobody has given', { ratingMin: 1 }, []],
    ['words and all the rest', { q: 'headphones', inStock: true, priceMax: 9_999 }, ['Sony MDR-ZX110 black']],
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
    expect(await names({ sort: 'rating' })).toEqual(await names({ sort: 'bestselling' }));
  });

  it.each(['newest', 'price_asc', 'price_desc', 'bestselling', 'rating', 'relevance'] as const)(
    'pages through %s without gaps or repeats, also when products come in between',
    async (sort) => {
      const q = sort === 'relevance' ? 'headphones' : undefined;
      const whole = await names({ sort, q });
      const seen: string[] = [];
      let cursor: string | undefined;
      let limit = 2;
      do {
        const page = await search({ sort, q, limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map((item) => item.name));
        cursor = page.nextCursor ?? undefined;
        if (seen.length === 2) await see(list(`Late ${sort}`, { categoryId: kitchen }));
        // A page's length may change on the way.
        limit = 3;
      } while (cursor);
      expect(seen.filter((name) => !name.startsWith('Late'))).toEqual(whole.filter((name) => !name.startsWith('Late')));
      expect(new Set(seen).size).toBe(seen.length);
      await see([told(`product-${idOf(`Late ${sort}`)}`, 'ProductArchived', { productId: idOf(`Late ${sort}`) })]);
    },
  );

  it('counts on each page all that is found', async () => {
    const first = await search({ sort: 'price_asc', limit: 4 });
    const second = await search({
      sort: 'price_asc',
      limit: 4,
      cursor: first.nextCursor ?? undefined,
      facets: ['brand'],
    });
    expect(first).toMatchObject({ found: 6 });
    expect(second).toMatchObject({ found: 6, nextCursor: null });
    expect(second.facets?.brand?.reduce((sum, { count }) => sum + count, 0)).toBe(6);
  });

  it('refuses a cursor that is none, or of another sort', async () => {
    const { nextCursor } = await search({ limit: 1 });
    await expect(search({ cursor: nextCursor ?? '', sort: 'price_asc' })).rejects.toThrow(BadCursor);
    await expect(search({ cursor: 'nonsense' })).rejects.toThrow(BadCursor);
    const many = Buffer.from('["relevance",99999999]').toString('base64url');
    await expect(search({ q: 'headphones', cursor: many })).rejects.toThrow(BadCursor);
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
    const grinder = idOf('Café grinder');
    await see([told('category-tree', 'CategoryRenamed', { categoryId: kitchen, name: 'Cookery', slug: 'cookery' })]);
    expect(await names({ q: 'cookery' })).toHaveLength(3);
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
    expect(await suggest('head')).toEqual(
      expect.arrayContaining([
        { text: 'headphones', kind: 'query' },
        { text: 'Headphones', kind: 'category', id: headphones },
      ]),
    );
    expect(await suggest('bos')).toContainEqual({ text: 'Bose', kind: 'brand' });
    const speaker = { text: 'Bluetooth Speaker', kind: 'product', id: idOf('Bluetooth Speaker') };
    expect(await suggest('speaker')).toContainEqual(speaker);
    expect(await suggest('hedph')).toContainEqual({ text: 'headphones', kind: 'query' });
    expect(await suggest('sony wirel')).toContainEqual({ text: 'sony wireless', kind: 'query' });
    for (const q of ['%', '*', '`', 'xylophone']) expect(await suggest(q)).toEqual([]);
    expect(await suggest('head', 1)).toHaveLength(1);
  });
}
