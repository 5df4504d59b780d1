/** The real catalogue, where SOUK_TEST_DATA names the folder that holds it: 3,291 products through log and index. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { searchProducts } from './queries.ts';
import { type CatalogueRecord, catalogueEvents, hasCatalogue, missing, readCatalogue } from './testing/recorded.ts';
import { tellAll } from './testing/tell-all.ts';

describeUnless(hasCatalogue ? undefined : missing, 'the real catalogue', () => {
  let log: TestLog;
  let records: readonly CatalogueRecord[];
  beforeAll(async () => {
    records = readCatalogue();
    log = await createTestLog();
    await tellAll(log, catalogueEvents(records, { sellerId: newId(), newId }).events);
    await log.runtime().catchUp();
  }, 180_000);
  afterAll(() => log.close());
  const search = (params: Partial<Parameters<typeof searchProducts>[1]>) =>
    searchProducts(log.database.pool, { limit: 100, ...params });

  it('is on offer to the last product, and can be paged through to the end', async () => {
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await search({ sort: 'price_asc', cursor });
      expect(page.found).toBe(records.length);
      for (const item of page.items) seen.add(item.productId);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen.size).toBe(records.length);
  });

  it('shows headphones to who types hedphones', async () => {
    const { items, found } = await search({ q: 'hedphones' });
    expect(found).toBeGreaterThan(5);
    expect(items[0]?.name).toMatch(/headphone/i);
    expect((await search({ q: 'headphones' })).found).toBe(found);
  });

  it('counts brands and categories as the filters find them', async () => {
    const { facets } = await search({ q: 'case', facets: ['brand', 'category'] });
    for (const { value, count } of facets?.brand?.slice(0, 5) ?? []) {
      expect((await search({ q: 'case', brand: [value] })).found).toBe(count);
    }
    for (const { value, count } of facets?.category?.slice(0, 5) ?? []) {
      expect((await search({ q: 'case', category: [value] })).found).toBe(count);
    }
    expect(facets?.brand?.length).toBeGreaterThan(5);
  });

  it('finds by price what lies between the bounds, all of it', async () => {
    const within = records.filter(({ price }) => price >= 20 && price <= 50).length;
    expect((await search({ priceMin: 2_000, priceMax: 5_000 })).found).toBe(within);
  });
});
