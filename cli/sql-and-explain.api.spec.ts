/** `souk sql` and `souk explain`, run as people run them: what they print, and how they end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import { answerOf, type CliShop, openCliShop } from './testing/cli-shop.ts';
import { runSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

let shop: CliShop;
let variantId: string;
beforeAll(async () => {
  shop = await openCliShop();
});
afterAll(() => shop.close());

const souk = (...args: string[]) => runVerb(args, shop.env);

describe('souk sql', () => {
  it('works as the first command of all, and is in the audit log that it reads', async () => {
    const sql = "select actor, data->'$.detail' as detail from events where type <> 'x'";
    const done = await runSouk(['sql', '--json', sql], shop.env);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const statement = "select actor, data->'…' as detail from events where type <> '…'";
    expect(answerOf(done)).toEqual([{ actor: 'cli:test', detail: { statement, personal: 'omit', live: [] } }]);
  });

  it('says that the read models were never built', async () => {
    const done = await souk('sql', 'from live.orders');
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toBe('The read models have not been built yet: start the shop once (npm start).\n');
  });

  it('joins what is new with what is live, and prints it as CSV', async () => {
    const lamp = { id: 'l', name: 'Lamp, "big"', brand: 'Acme', categories: ['Home'], price: 19.99, stock: 2 };
    const path = shop.file('lamps.json', [lamp, { ...lamp, id: 'm', name: 'Lamp', price: 5 }]);
    expect((await souk('import', 'products', path)).code).toBe(0);
    const done = await souk(
      'sql',
      '--csv',
      `select name, price, validTo from live.products join price_history using (productId) order by price desc`,
    );
    expect(done).toEqual({
      code: 0,
      signal: null,
      stdout: 'name,price,validTo\r\n"Lamp, ""big""",1999,\r\nLamp,500,\r\n',
      stderr: '',
    });
  });

  it('asks an export where no shop is, and starts none', async () => {
    const nowhere = join(shop.folder, 'nowhere');
    const sql = 'select variantId, max(onHand)::bigint as most from stock_history group by all order by all';
    const done = await runVerb(['sql', '--json', '--from', join(shop.folder, 'export'), sql], {
      SOUK_DATA_DIR: nowhere,
    });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(done)).toMatchObject([{ most: 2 }, { most: 2 }]);
    variantId = answerOf(done)[0].variantId;
    expect(existsSync(nowhere)).toBe(false);
  });

  it('takes what is not there for wrong usage, in the words of DuckDB', async () => {
    const done = await souk('sql', '--no-refresh', 'from orderz');
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(/^Catalog Error: Table with name orderz does not exist!\nDid you mean "orders"/);
  });
});

describe('souk explain', () => {
  it('shows a figure with its facts, and says that they come to it', async () => {
    const price = await souk('explain', 'price', variantId, '--json');
    expect(price).toMatchObject({ code: 0, stderr: 'Every figure is what its facts come to.\n' });
    expect(answerOf(price).figures).toMatchObject([
      { figure: 'price', holds: true, because: [{ type: 'VariantAdded' }] },
    ]);
  });

  it('ends with 1 where there is nothing to explain', async () => {
    const done = await souk('explain', 'order', newId());
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/^There is no order/);
  });
});
