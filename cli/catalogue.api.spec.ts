/** The real catalogue through the command, where SOUK_TEST_DATA names the folder that holds it. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { searchProducts } from '../projections/search/queries.ts';
import { describeUnless } from '../test/support/describe-unless.ts';
import { openShopEngines, type ShopEngines } from '../test/support/shop-engines.ts';
import { runVerb } from './testing/run-verb.ts';

const file = join(process.env.SOUK_TEST_DATA ?? '', 'catalogue', 'products.json');
const there = process.env.SOUK_TEST_DATA !== undefined && existsSync(file);
const missing = there ? undefined : 'set SOUK_TEST_DATA to its folder';

describeUnless(missing, 'the real catalogue', () => {
  let test: ShopEngines;
  beforeAll(async () => {
    test = await openShopEngines();
  });
  afterAll(() => test.close());

  it('is added to the last product, is unchanged the second time, and headphones are found by a typo', async () => {
    const env = { ...test.settings, SOUK_MASTER_KEY: randomBytes(32).toString('hex') };
    const report = async () => JSON.parse((await runVerb(['import', 'products', file, '--stock', '20'], env)).stdout);
    const none = { added: 0, revised: 0, unchanged: 0, refused: [] };
    expect(await report()).toEqual({ ...none, read: 3_291, added: 3_291 });
    const { found, items } = await searchProducts(test.database.pool, { q: 'hedphones', limit: 24 });
    expect(found).toBeGreaterThan(5);
    expect(items[0]?.name).toMatch(/headphone/i);
    expect(await report()).toEqual({ ...none, read: 3_291, unchanged: 3_291 });
  }, 300_000);
});
