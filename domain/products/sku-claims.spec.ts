/** A claim of a SKU that ran out is marked in the product's stream, so that nobody takes the SKU late. */
import { describe, expect, it } from '@jest/globals';
import { later } from '../instant.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, usd } from '../testing/samples.ts';
import type { ProductCommand } from './commands.ts';
import { productDecider } from './decide.ts';
import type { ProductEvent } from './events.ts';
import { MAX_ABANDONED } from './state.ts';

const productId = id(20);
const sellerId = id(10);
const variant = { variantId: id(21), sku: 'B-1', options: {}, price: usd(1) };
const other = { variantId: id(22), sku: null, options: { size: 'L' }, price: usd(1) };
const fields = {
  productId,
  sellerId,
  name: 'x',
  description: '',
  brand: 'x',
  categoryId: id(3),
  specifications: [],
  images: [],
  popularity: 0,
};
const draft: Extract<ProductCommand, { type: 'DraftProduct' }> = {
  type: 'DraftProduct',
  ...fields,
  variants: [variant],
  publish: false,
};
const drafted: ProductEvent = { type: 'ProductDrafted', data: { ...fields, slug: 'x' } };
const added = (v: typeof variant | typeof other): ProductEvent => ({
  type: 'VariantAdded',
  data: { productId, sellerId, ...v },
});
const archived: ProductEvent = { type: 'ProductArchived', data: { productId } };
const published: ProductEvent = { type: 'ProductPublished', data: { productId } };
const abandon = (sku = 'B-1'): ProductCommand => ({ type: 'AbandonSkuClaim', productId, variantId: id(21), sku });
const abandoned = (sku = 'B-1', variantId = id(21)): ProductEvent => ({
  type: 'SkuClaimAbandoned',
  data: { productId, variantId, sku },
});

describe('an abandoned SKU claim', () => {
  it('may be the first event of a product', () => given(productDecider).when(abandon()).gives(abandoned()));
  it('leaves a mark each time: each claim wants its own', () =>
    given(productDecider, [abandoned()]).when(abandon()).gives(abandoned()));
  it('bars what was claimed up to then', () =>
    given(productDecider, [abandoned()])
      .when({ ...draft, skusClaimedAt: NOW })
      .isRefused('sku_claim_expired'));
  it('does not bar what was claimed afterwards', () =>
    given(productDecider, [abandoned()])
      .when({ ...draft, skusClaimedAt: later(NOW, 1) })
      .gives(drafted, added(variant)));
  it('is marked also where the product is archived', () =>
    given(productDecider, [drafted, added(other), archived])
      .when(abandon())
      .gives(abandoned()));
  it('is refused where the variant has taken the SKU', () =>
    given(productDecider, [drafted, added(variant)])
      .when(abandon())
      .isRefused('sku_in_use'));
  it('keeps the product from being drafted with it', () =>
    given(productDecider, [abandoned()]).when(draft).isRefused('sku_claim_expired', { pointer: '/variants/0/sku' }));
  it('leaves the product free to be drafted with another', () =>
    given(productDecider, [abandoned('B-2')])
      .when(draft)
      .gives(drafted, added(variant)));
  it('keeps the variant from being added with it', () =>
    given(productDecider, [drafted, added(other), abandoned()])
      .when({ type: 'AddVariant', productId, variant })
      .isRefused('sku_claim_expired'));
  it('keeps the variant from being given it', () =>
    given(productDecider, [drafted, added(other), abandoned('B-1', other.variantId)])
      .when({ type: 'ReviseVariant', productId, variantId: other.variantId, sku: 'B-1' })
      .isRefused('sku_claim_expired'));
});

describe('the memory of abandoned claims', () => {
  const at = (event: ProductEvent, minutes: number) => ({ ...event, at: later(NOW, minutes * 60_000) });
  it('lasts ten minutes', () => {
    const kept = stateOf(productDecider, [at(abandoned('A'), 0), at(abandoned('B'), 10)]);
    expect(kept.abandonedClaims.map(({ sku }) => sku)).toEqual(['A', 'B']);
  });
  it('ends at the first event afterwards', () => {
    const kept = stateOf(productDecider, [at(abandoned('A'), 0), at(abandoned('B'), 10.1)]);
    expect(kept.abandonedClaims.map(({ sku }) => sku)).toEqual(['B']);
  });
  it('survives the drafting and every other event', () => {
    const events = [abandoned(), drafted, added(other), published];
    expect(stateOf(productDecider, events).abandonedClaims).toHaveLength(1);
  });
  it('is bounded', () => {
    const events = Array.from({ length: MAX_ABANDONED + 5 }, (_, n) => abandoned(`S-${n}`));
    const { abandonedClaims } = stateOf(productDecider, events);
    expect(abandonedClaims).toHaveLength(MAX_ABANDONED);
    expect(abandonedClaims[0]?.sku).toBe('S-5');
  });
});
