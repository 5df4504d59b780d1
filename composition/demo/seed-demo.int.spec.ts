/** The demo marketplace: made once, gone on with when its first start died, and never put back. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { importedIds } from '../../commands/imports/import-row.ts';
import { createTestShop, type TestShop } from '../../commands/testing/test-shop.ts';
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import { DEMO_ACCOUNTS, hasDemo, seedDemo, wantsDemo } from './seed-demo.ts';

let test: TestShop;
afterEach(() => test.stop());

/** How many of each event there are. */
async function counts(): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (let after = null, end = false; !end; ) {
    const page = await test.store.readAll({ after });
    for (const { type } of page.events) counted[type] = (counted[type] ?? 0) + 1;
    ({ next: after, end } = page as never);
  }
  return counted;
}

describe('the demo', () => {
  it('is made on an empty log, and is there once however often it is asked for', async () => {
    test = await createTestShop();
    expect(await wantsDemo(test.store, test.shop)).toBe(true);
    expect(await hasDemo(test.shop)).toBe(false);
    await seedDemo(test.shop);
    expect(await hasDemo(test.shop)).toBe(true);
    const made = await counts();
    expect(made).toMatchObject({ UserRegistered: DEMO_ACCOUNTS.length, SellerApproved: 2, ProductPublished: 60 });
    expect(made.StockReceived).toBe(60);
    const head = await test.store.head();
    expect(await wantsDemo(test.store, test.shop)).toBe(false);
    await seedDemo(test.shop);
    expect(await test.store.head()).toBe(head);
  });

  it.each([
    'RegisterUser',
    'GrantRole',
    'ApplyAsSeller',
    'ApproveSeller',
    'CreateCategory',
    'DraftProduct',
    'OpenStock',
  ])('goes on where it stopped when its first start died before a %s, an hour later', async (command) => {
    test = await createTestShop();
    await expect(seedDemo(test.dyingBefore(command))).rejects.toThrow();
    test.pass(3_600);
    expect(await wantsDemo(test.store, test.shop)).toBe(true);
    await seedDemo(test.shop);
    const made = await counts();
    expect(made).toMatchObject({ UserRegistered: DEMO_ACCOUNTS.length, SellerApproved: 2, ProductPublished: 60 });
    expect(made.StockReceived).toBe(60);
    expect(made.StockAdjusted).toBeUndefined();
    expect(await wantsDemo(test.store, test.shop)).toBe(false);
  });

  it('leaves a shop alone that began as something else', async () => {
    test = await createTestShop();
    const { variantId } = importedIds('0198f0c2-0000-7000-8000-000000000000', 'id:1');
    const command = {
      type: 'ReceiveStock',
      variantId,
      productId: variantId,
      sellerId: variantId,
      sku: null,
      quantity: 1,
    } as const;
    await test.shop.runtime.handle(inventoryDecider, variantId, command, test.context());
    expect(await wantsDemo(test.store, test.shop)).toBe(false);
  });
});
