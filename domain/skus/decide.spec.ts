/** A seller's SKU names one variant at a time. */
import { describe, expect, it } from '@jest/globals';
import { streamName } from '../ids.ts';
import { given } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import { type SkuCommand, skuId } from './commands.ts';
import { skuDecider } from './decide.ts';
import type { SkuEvent } from './events.ts';

const validUntil = '2026-03-01T12:05:00.000Z';
const claimOf = (variantId: string) => ({ sellerId: id(10), sku: 'A-1', productId: id(20), variantId });
const claim = (variantId: string): SkuCommand => ({ type: 'ClaimSku', ...claimOf(variantId), validUntil });
const claimed = (variantId: string): SkuEvent => ({
  type: 'SkuClaimed',
  data: { ...claimOf(variantId), validUntil },
});
const release = (variantId: string): SkuCommand => ({ type: 'ReleaseSku', ...claimOf(variantId) });
const released = (variantId: string): SkuEvent => ({ type: 'SkuReleased', data: claimOf(variantId) });

describe('a SKU', () => {
  it('is claimed for a variant', () =>
    given(skuDecider)
      .when(claim(id(1)))
      .gives(claimed(id(1))));
  it('is claimed once', () =>
    given(skuDecider, [claimed(id(1))])
      .when(claim(id(1)))
      .changesNothing());
  it('is refused to another variant', () =>
    given(skuDecider, [claimed(id(1))])
      .when(claim(id(2)))
      .isRefused('sku_taken', { pointer: '/sku' }));
  it('is refused to another variant also when the claim ran out: its holder has to give it up first', () =>
    given(skuDecider, [claimed(id(1))])
      .when(claim(id(2)), '2026-03-02T00:00:00.000Z')
      .isRefused('sku_taken'));
  it('is given up by its variant', () =>
    given(skuDecider, [claimed(id(1))])
      .when(release(id(1)))
      .gives(released(id(1))));
  it('is not given up by another', () =>
    given(skuDecider, [claimed(id(1))])
      .when(release(id(2)))
      .changesNothing());
  it('is given up once', () =>
    given(skuDecider, [claimed(id(1)), released(id(1))])
      .when(release(id(1)))
      .changesNothing());
  it('is free for others afterwards', () =>
    given(skuDecider, [claimed(id(1)), released(id(1))])
      .when(claim(id(2)))
      .gives(claimed(id(2))));
  it('has a stream per seller', () =>
    expect(streamName(skuDecider.category, skuId(id(10), 'A-1'))).toBe(`sku-${id(10)}-A-1`));
});
