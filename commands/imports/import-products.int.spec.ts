/** Product files through the real runtime and log: repeatable, row by row, whatever dies on the way. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import { newId } from '../../platform/ids.ts';
import type { Shop } from '../shop.ts';
import { createTestShop, type TestShop } from '../testing/test-shop.ts';
import { ImportStopped, importProducts, unknownColumns } from './import-products.ts';
import { importedIds } from './import-row.ts';
import { importsSeller } from './seller-of-import.ts';

let test: TestShop;
let sellerId: string;
beforeAll(async () => {
  test = await createTestShop();
  sellerId = await importsSeller(test.shop, 'cli:test');
});
afterAll(() => test.stop());

type Row = Readonly<Record<string, unknown>>;
type More = {
  readonly shop?: Shop;
  readonly stock?: number;
  readonly signal?: AbortSignal;
  readonly onRow?: () => void;
};

let made = 0;
/** A row of a product that no other test has. */
function lamp(more: Row = {}): Row & { readonly id: string } {
  made += 1;
  return { id: `lamp-${made}`, name: 'Lamp', brand: 'Acme', categories: ['Home', 'Light'], price: '19.99', ...more };
}
function bring(rows: readonly Row[], { shop = test.shop, stock = 0, ...more }: More = {}) {
  const numbered = rows.map((row, index) => ({ line: index + 1, row }));
  return importProducts(shop, numbered, { sellerId, currency: 'USD', stock, actor: 'cli:test', ...more });
}
const idsOf = ({ id }: { readonly id: string }) => importedIds(sellerId, `id:${id}`);
async function productOf(row: { readonly id: string }) {
  const { state } = await test.shop.runtime.load(productDecider, idsOf(row).productId, { fresh: true });
  if (state.status === 'none') throw new Error(`${row.id} was not added`);
  return state;
}
async function onHandOf(row: { readonly id: string }) {
  return (await test.shop.runtime.load(inventoryDecider, idsOf(row).variantId, { fresh: true })).state.onHand;
}
const counts = { added: 0, revised: 0, unchanged: 0, refused: [] };

describe('an import of products', () => {
  it('adds what is new, and does nothing when it is run again', async () => {
    const rows = [
      lamp({ sku: 'L-1', image: 'https://img.test/l.jpg', popularity: 3 }),
      lamp({ name: 'Chair' }),
    ] as const;
    expect(await bring(rows)).toEqual({ ...counts, read: 2, added: 2 });
    const product = await productOf(rows[0]);
    expect(product).toMatchObject({ status: 'published', name: 'Lamp', popularity: 3, sellerId });
    expect(product.variants).toMatchObject([{ sku: 'L-1', price: { amount: 1_999, currency: 'USD' } }]);
    const before = await test.store.head();
    expect(await bring(rows)).toEqual({ ...counts, read: 2, unchanged: 2 });
    expect(await test.store.head()).toBe(before);
  });

  it.each([
    ['name', { name: 'Big lamp' }],
    ['price', { price: '24.99' }],
    ['SKU', { sku: 'OTHER-1' }],
    ['image', { image: 'https://img.test/new.jpg' }],
    ['category', { categories: ['Home', 'Lamps'] }],
    ['popularity', { popularity: 9 }],
  ])('revises a product whose %s changed, once', async (_what, change) => {
    const row = lamp();
    await bring([row]);
    expect(await bring([{ ...row, ...change }])).toEqual({ ...counts, read: 1, revised: 1 });
    expect(await bring([{ ...row, ...change }])).toEqual({ ...counts, read: 1, unchanged: 1 });
  });

  it('takes rows of one product in the order of the file: the last has the last word', async () => {
    const row = lamp();
    const rows = Array.from({ length: 12 }, (_, at) => ({ ...row, name: `Lamp ${at}` }));
    expect(await bring(rows)).toEqual({ ...counts, read: 12, added: 1, revised: 11 });
    expect((await productOf(row)).name).toBe('Lamp 11');
  });

  it('refuses a SKU that another product has, by the line, and brings the others in', async () => {
    const [first, second, third] = [lamp({ sku: 'TAKEN' }), lamp({ sku: 'TAKEN' }), lamp()];
    await bring([first]);
    const report = await bring([first, { ...lamp(), price: '1.999' }, second, third], { stock: 5 });
    expect(report).toMatchObject({ read: 4, added: 1, unchanged: 1 });
    expect(report.refused).toEqual([
      { line: 2, code: 'invalid', detail: expect.stringMatching(/^price/) },
      { line: 3, code: 'sku_taken', detail: expect.any(String) },
    ]);
    expect(await onHandOf(second)).toBe(0);
    expect(await onHandOf(third)).toBe(5);
  });

  it('makes each category of the paths once, however many rows come together', async () => {
    const rows = Array.from({ length: 30 }, () => lamp({ categories: ['Once', 'Only'] }));
    await bring(rows);
    const { state } = await test.shop.runtime.load(categoryDecider, CATEGORY_TREE, { fresh: true });
    expect(JSON.stringify(state).match(/"name":"(Once|Only)"/g)).toHaveLength(2);
  });

  it('names columns that it does not know, each once', () => {
    const rows = [lamp({ colour: 'red' }), lamp({ colour: 'blue', Size: 3 })].map((row, line) => ({ line, row }));
    expect(unknownColumns([...rows, { line: 9, row: { unreadable: 'broken' } }])).toEqual(['colour', 'Size']);
  });
});

describe('the seller Imports', () => {
  const standing = async (of: TestShop, id: string) =>
    (await of.shop.runtime.load(sellerDecider, id, { fresh: true })).state.status;

  it('is approved by the next import where the first died before it was', async () => {
    const other = await createTestShop();
    try {
      await expect(importsSeller(other.dyingBefore('ApproveSeller'), 'cli:test')).rejects.toThrow();
      const id = await importsSeller(other.shop, 'cli:test');
      expect(await standing(other, id)).toBe('approved');
    } finally {
      await other.stop();
    }
  });

  it('stays suspended where somebody suspended it: each row says so', async () => {
    const other = await createTestShop();
    try {
      const id = await importsSeller(other.shop, 'cli:test');
      const suspend = { type: 'SuspendSeller', sellerId: id } as const;
      await other.shop.runtime.handle(sellerDecider, id, suspend, other.context());
      expect(await importsSeller(other.shop, 'cli:test')).toBe(id);
      expect(await standing(other, id)).toBe('suspended');
      const options = { sellerId: id, currency: 'USD', stock: 0, actor: 'cli:test' };
      const { refused } = await importProducts(other.shop, [{ line: 1, row: lamp() }], options);
      expect(refused).toMatchObject([{ code: 'seller_not_approved', detail: expect.stringContaining('suspended') }]);
    } finally {
      await other.stop();
    }
  });
});

describe('the stock of an import', () => {
  it('that cannot be taken back from a refused row is told with the refusal', async () => {
    const [first, second] = [lamp({ sku: 'HELD' }), lamp({ sku: 'HELD', stock: 5 })];
    await bring([first]);
    const { runtime } = test.shop;
    const { variantId } = idsOf(second);
    const reserve = { type: 'ReserveStock', variantId, orderId: newId(), quantity: 2 } as const;
    // Somebody reserves in the moment between the receipt and the taking back.
    const handle: Shop['runtime']['handle'] = async (decider, id, command, context, options) => {
      if ((command as { type?: string }).type === 'AdjustStock') {
        const validUntil = new Date(Date.now() + 60_000).toISOString();
        await runtime.handle(inventoryDecider, variantId, { ...reserve, validUntil }, test.context());
      }
      return runtime.handle(decider, id, command, context, options);
    };
    const { refused } = await bring([second], { shop: { ...test.shop, runtime: { ...runtime, handle } } });
    expect(refused).toMatchObject([{ code: 'sku_taken', detail: expect.stringMatching(/ 5 .*stay.* reserved/) }]);
    expect(await onHandOf(second)).toBe(5);
  });

  it('is received when a row adds a product, and never again', async () => {
    const [said, unsaid, none] = [lamp({ stock: '7' }), lamp(), lamp({ stock: 0 })];
    await bring([said, unsaid, none], { stock: 20 });
    expect(await Promise.all([said, unsaid, none].map(onHandOf))).toEqual([7, 20, 0]);
    await bring([{ ...said, stock: 9, name: 'New' }, unsaid, none], { stock: 30 });
    expect(await Promise.all([said, unsaid, none].map(onHandOf))).toEqual([7, 20, 0]);
  });

  it('is received once though the import died between the stock and the product', async () => {
    const row = lamp({ stock: 7 });
    await expect(bring([row], { shop: test.dyingBefore('DraftProduct') })).rejects.toThrow(ImportStopped);
    expect(await onHandOf(row)).toBe(7);
    expect(await bring([row])).toEqual({ ...counts, read: 1, added: 1 });
    expect(await onHandOf(row)).toBe(7);
  });

  it('is received once by imports of the same file at the same time', async () => {
    const rows = Array.from({ length: 20 }, () => lamp({ stock: 7 }));
    const reports = await Promise.all([bring(rows), bring(rows), bring(rows)]);
    expect(reports.flatMap(({ refused }) => refused)).toEqual([]);
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(20);
    expect(await Promise.all(rows.map(onHandOf))).toEqual(rows.map(() => 7));
  });
});

describe('an import that ends early', () => {
  it('stops between rows at a signal, and goes on from there when it is run again', async () => {
    const rows = Array.from({ length: 200 }, () => lamp());
    const stop = new AbortController();
    let seen = 0;
    const onRow = () => {
      seen += 1;
      if (seen === 10) stop.abort();
    };
    const first = await bring(rows, { signal: stop.signal, onRow });
    expect(first.read).toBe(200);
    expect(first.added).toBe(seen);
    expect(first.added).toBeLessThan(200);
    expect(await bring(rows)).toEqual({ ...counts, read: 200, added: 200 - seen, unchanged: seen });
  });

  it('tells at a fault what was done until then, and leaves nothing at work', async () => {
    const rows = Array.from({ length: 100 }, (_, at) => lamp({ stock: at === 60 ? 1 : 0 }));
    const dying = bring(rows, { shop: test.dyingBefore('ReceiveStock') });
    const stopped = await dying.catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(ImportStopped);
    const { added, read } = (stopped as ImportStopped).report;
    expect(read).toBe(100);
    expect(await bring(rows)).toMatchObject({ added: 100 - added, unchanged: added, refused: [] });
  });
});
