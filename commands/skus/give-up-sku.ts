/** Ends claims of SKUs that their variants do not have. */

import { productDecider } from '../../domain/products/decide.ts';
import { isRejection } from '../../domain/rejection.ts';
import { skuId } from '../../domain/skus/commands.ts';
import { skuDecider } from '../../domain/skus/decide.ts';
import { step } from '../outcome.ts';
import { type CommandContext, StaleRevision } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type SkuClaim = {
  readonly sellerId: string;
  readonly sku: string;
  readonly productId: string;
  readonly variantId: string;
};

/** Gives up what this variant claimed and did not take; does nothing where another variant has the SKU. */
export async function giveUpSku(shop: Shop, claim: SkuClaim, context: CommandContext): Promise<void> {
  const { state, revision } = await shop.runtime.load(skuDecider, skuId(claim.sellerId, claim.sku), { fresh: true });
  if (state.status === 'claimed' && state.variantId === claim.variantId) {
    await barAndRelease(shop, claim, revision, context);
  }
}

/**
 * Releases the claim that stood at `revision`, after the product's stream has barred the variant from taking the SKU by
 * it; false where the variant has it, or the claim was renewed meanwhile. Were the claim released without asking the
 * product, a slow writer could still put the SKU on its variant after another variant took it.
 */
export async function barAndRelease(
  shop: Shop,
  claim: SkuClaim,
  revision: number,
  context: CommandContext,
): Promise<boolean> {
  const { productId, variantId, sku } = claim;
  const bar = { type: 'AbandonSkuClaim', productId, variantId, sku } as const;
  const barred = await shop.runtime.handle(productDecider, productId, bar, step(context, `bar:${variantId}:${sku}`));
  return !isRejection(barred) && releaseSku(shop, claim, revision, context);
}

/**
 * Releases a claim as it stood at `revision`; false where it moved on. A variant that comes back to a SKU renews its
 * claim first, so that whoever releases the old one late does not take the new one away.
 */
export async function releaseSku(
  shop: Shop,
  claim: SkuClaim,
  revision: number,
  context: CommandContext,
): Promise<boolean> {
  const id = skuId(claim.sellerId, claim.sku);
  const command = { type: 'ReleaseSku', ...claim } as const;
  const release = step(context, `release:${claim.variantId}:${claim.sku}`);
  try {
    await shop.runtime.handle(skuDecider, id, command, release, { expectedRevision: revision });
    return true;
  } catch (error) {
    if (error instanceof StaleRevision) return false;
    throw error;
  }
}
