import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { productDecider } from '../../domain/products/decide.ts';
import { isRejection } from '../../domain/rejection.ts';
import { skuDecider } from '../../domain/skus/decide.ts';
import { newId } from '../../platform/ids.ts';
import { openStockProcess } from '../inventory/open-stock.process.ts';
import { StaleRevision } from '../runtime/types.ts';
import { suspendSeller } from '../sellers/suspend.ts';
import { skuClaimProcess } from '../skus/sku-claim.process.ts';
import { accepted, openMarket, type TestMarket } from '../testing/test-market.ts';
import { createTestShop, Killed, type TestShop } from '../testing/test-shop.ts';
import { addVariant } from './add-variant.ts';
import { changeProduct } from './change.ts';
import { createProduct } from './create.ts';
import { reviseVariant } from './revise-variant.ts';

let test: TestShop;
let market: TestMarket;
beforeAll(async () => {
  test = await createTestShop();
  market = await openMarket(test);
});
afterAll(() => test.stop());

const run = { correlationId: newId() };
const price = { amount: 500, currency: 'USD' };
const holderOf = async (sku: string) => {
  const { state } = await test.shop.runtime.load(skuDecider, `${market.sellerId}-${sku}`, { fresh: true });
  return state.status === 'claimed' ? state.variantId : undefined;
};
const variantId = (product: { readonly variants: readonly { readonly variantId: string }[] }, at = 0) =>
  product.variants[at]?.variantId ?? '';

describe('listing a product', () => {
  it('claims its SKUs, publishes it and opens the stock of each variant', async () => {
    const product = market.draft('L-1', null);
    const made = accepted(await createProduct(test.shop, product, test.context()));
    expect(made.state).toMatchObject({ status: 'published', slug: 'headphones' });
    expect(await holderOf('L-1')).toBe(variantId(product));
    expect(await test.typesOf(`inventory-${variantId(product, 1)}`)).toEqual(['StockOpened']);
  });

  it('is refused to a seller who is not approved, and in a category that is not there', async () => {
    const stranger = { ...market.draft(null), sellerId: newId() };
    expect(await createProduct(test.shop, stranger, test.context())).toMatchObject({
      kind: 'forbidden',
      code: 'seller_not_approved',
    });
    const nowhere = { ...market.draft(null), categoryId: newId() };
    expect(await createProduct(test.shop, nowhere, test.context())).toMatchObject({
      kind: 'invalid',
      pointer: '/categoryId',
    });
  });

  it('gives one SKU to exactly one of many products made at once, and leaves no claim behind', async () => {
    const products = Array.from({ length: 6 }, (_, at) => market.draft('HOT', `OWN-${at}`));
    const made = await Promise.all(products.map((product) => createProduct(test.shop, product, test.context())));
    expect(made.filter((one) => !isRejection(one))).toHaveLength(1);
    expect(made.filter(isRejection)).toEqual(
      Array(5).fill(expect.objectContaining({ code: 'sku_taken', pointer: '/variants/0/sku' })),
    );
    const winner = made.findIndex((one) => !isRejection(one));
    for (const at of products.keys()) {
      const own = products[at];
      expect(await holderOf(`OWN-${at}`)).toBe(own && at === winner ? variantId(own, 1) : undefined);
    }
  });

  it('happens once when the same command is sent again', async () => {
    const product = market.draft('ONCE');
    const context = test.context();
    const first = accepted(await createProduct(test.shop, product, context));
    expect(accepted(await createProduct(test.shop, product, context)).revision).toBe(first.revision);
    expect(await test.typesOf(`inventory-${variantId(product)}`)).toEqual(['StockOpened']);
  });
});

describe('a listing that died half way', () => {
  it('gives its SKUs to the next one who wants them, once the claims ran out', async () => {
    const dead = market.draft('DEAD-1');
    await expect(createProduct(test.dyingBefore('DraftProduct'), dead, test.context())).rejects.toBeInstanceOf(Killed);
    const early = await createProduct(test.shop, market.draft('DEAD-1'), test.context());
    expect(early).toMatchObject({ code: 'sku_taken' });
    test.pass(61);
    const next = await market.publish('DEAD-1');
    expect(await holderOf('DEAD-1')).toBe(variantId(next));
  });

  it('cannot take a SKU any more that was given to another', async () => {
    const slow = market.draft('SLOW-1');
    const context = test.context();
    await expect(createProduct(test.dyingBefore('DraftProduct'), slow, context)).rejects.toBeInstanceOf(Killed);
    test.pass(61);
    await market.publish('SLOW-1');
    expect(await createProduct(test.shop, slow, context)).toMatchObject({ code: 'sku_claim_expired' });
    const { state } = await test.shop.runtime.load(productDecider, slow.productId, { fresh: true });
    expect(state.status).toBe('none');
  });

  it('is cleaned up by the process: it waits for the claim to run out, then frees the SKU', async () => {
    const dead = market.draft('DEAD-2');
    await expect(createProduct(test.dyingBefore('DraftProduct'), dead, test.context())).rejects.toBeInstanceOf(Killed);
    const process = skuClaimProcess(test.shop);
    const key = `${market.sellerId}-DEAD-2`;
    const { wakeAt } = await process.advance(key, run);
    expect(wakeAt).not.toBeNull();
    test.pass(61);
    expect(await process.advance(key, run)).toEqual({ wakeAt: null });
    expect(await holderOf('DEAD-2')).toBeUndefined();
    await process.advance(key, run);
    expect(await test.typesOf(`sku-${key}`)).toEqual(['SkuClaimed', 'SkuReleased']);
  });

  it('keeps its SKU when the process comes by after the variant took it', async () => {
    const product = await market.publish('KEPT');
    test.pass(61);
    await skuClaimProcess(test.shop).advance(`${market.sellerId}-KEPT`, run);
    expect(await holderOf('KEPT')).toBe(variantId(product));
  });

  it('has its stock opened by the process, once', async () => {
    const product = market.draft('DEAD-3');
    await expect(createProduct(test.dyingBefore('OpenStock'), product, test.context())).rejects.toBeInstanceOf(Killed);
    const process = openStockProcess(test.shop);
    await Promise.all([process.advance(product.productId, run), process.advance(product.productId, run)]);
    expect(await test.typesOf(`inventory-${variantId(product)}`)).toEqual(['StockOpened']);
  });
});

describe('variants', () => {
  it('are added with their SKU and stock; a taken SKU is refused', async () => {
    const { productId } = await market.publish('V-1');
    const variant = { variantId: newId(), sku: 'V-2', options: { size: 'XL' }, price };
    const added = accepted(await addVariant(test.shop, { productId, variant }, test.context()));
    expect(added.state.variants).toHaveLength(2);
    const again = { ...variant, variantId: newId(), options: { size: 'S' } };
    expect(await addVariant(test.shop, { productId, variant: again }, test.context())).toMatchObject({
      code: 'sku_taken',
      pointer: '/sku',
    });
  });

  it('give their claim up when the product refuses them', async () => {
    const { productId } = await market.publish('R-1');
    const same = { variantId: newId(), sku: 'R-2', options: { size: '0' }, price };
    expect(await addVariant(test.shop, { productId, variant: same }, test.context())).toMatchObject({
      code: 'duplicate_options',
    });
    expect(await holderOf('R-2')).toBeUndefined();
  });

  it('change their SKU and back: the old one is free in between', async () => {
    const product = await market.publish('A-1');
    const ids = { productId: product.productId, variantId: variantId(product) };
    accepted(await reviseVariant(test.shop, { ...ids, sku: 'A-2' }, test.context()));
    expect([await holderOf('A-1'), await holderOf('A-2')]).toEqual([undefined, ids.variantId]);
    accepted(await reviseVariant(test.shop, { ...ids, sku: 'A-1' }, test.context()));
    expect([await holderOf('A-1'), await holderOf('A-2')]).toEqual([ids.variantId, undefined]);
  });

  it('can try a SKU again at once after an edit of theirs was stale', async () => {
    const product = await market.publish('S-1');
    const revision = { productId: product.productId, variantId: variantId(product), sku: 'S-2' };
    const stale = reviseVariant(test.shop, revision, test.context(), { expectedRevision: 0 });
    await expect(stale).rejects.toBeInstanceOf(StaleRevision);
    expect(await holderOf('S-2')).toBeUndefined();
    accepted(await reviseVariant(test.shop, revision, test.context()));
    expect(await holderOf('S-2')).toBe(revision.variantId);
  });

  it('leave the old SKU to the process when the writer died after the change', async () => {
    const product = await market.publish('P-1');
    const revision = { productId: product.productId, variantId: variantId(product), sku: 'P-2' };
    await expect(reviseVariant(test.dyingBefore('ReleaseSku'), revision, test.context())).rejects.toBeInstanceOf(
      Killed,
    );
    expect(await holderOf('P-1')).toBe(revision.variantId);
    test.pass(61);
    await skuClaimProcess(test.shop).advance(`${market.sellerId}-P-1`, run);
    expect([await holderOf('P-1'), await holderOf('P-2')]).toEqual([undefined, revision.variantId]);
  });
});

describe('changing a product', () => {
  it('is refused to a suspended seller', async () => {
    const other = await openMarket(test);
    const { productId } = await other.publish(null);
    accepted(await suspendSeller(test.shop, { sellerId: other.sellerId }, test.context()));
    const change = { type: 'ReviseProduct', productId, name: 'Better' } as const;
    expect(await changeProduct(test.shop, change, test.context())).toMatchObject({ code: 'seller_not_approved' });
  });

  it('of one that is not there is refused', async () => {
    const change = { type: 'PublishProduct', productId: newId() } as const;
    expect(await changeProduct(test.shop, change, test.context())).toMatchObject({ kind: 'not_found' });
  });
});
