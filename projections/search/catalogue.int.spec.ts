/** The real catalogue, where SOUK_TEST_DATA names the folder that holds it: 3,291 products through log and index. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { approvedSeller, category, listing, type Told, usd } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { searchProducts } from './queries.ts';

type CatalogueRecord = {
  readonly name: string;
  readonly description?: string;
  readonly brand?: string;
  readonly categories: readonly string[];
  readonly price: number;
  readonly image?: string;
  readonly popularity?: number;
};

const file = join(process.env.SOUK_TEST_DATA ?? '', 'catalogue', 'products.json');
const there = process.env.SOUK_TEST_DATA !== undefined && existsSync(file);
if (!there) process.stderr.write('skipped: the real catalogue (set SOUK_TEST_DATA to the folder that holds it)\n');

(there ? describe : describe.skip)('the real catalogue', () => {
  let log: TestLog;
  let records: CatalogueRecord[];
  beforeAll(async () => {
    records = JSON.parse(readFileSync(file, 'utf8'));
    log = await createTestLog();
    await tellAll(log, eventsOf(records));
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

function eventsOf(records: readonly CatalogueRecord[]): Told[] {
  const sellerId = newId();
  const events: Told[] = approvedSeller(sellerId);
  const known = new Map<string, string>();
  for (const record of records) {
    let parentId: string | null = null;
    for (const [depth, name] of record.categories.entries()) {
      const path = record.categories.slice(0, depth + 1).join('>');
      const categoryId: string = known.get(path) ?? newId();
      if (!known.has(path)) events.push(category(categoryId, name, parentId));
      known.set(path, categoryId);
      parentId = categoryId;
    }
    const { name, description = '', brand = 'None', popularity = 0 } = record;
    const of = { sellerId, categoryId: parentId ?? newId(), name, description, brand, popularity };
    events.push(...listing({ ...of, price: usd(Math.round(record.price * 100)) }));
  }
  return events;
}

/** Streams of their own side by side: the log commits them in groups. */
async function tellAll(log: TestLog, events: readonly Told[]): Promise<void> {
  const streams = new Map<string, Told[]>();
  for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  await Promise.all([...streams.values()].map((run) => log.tell(run)));
}
