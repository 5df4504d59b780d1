/** Takes a seller's SKU for a variant to be, also from a flow that died half way. */
import { later } from '../../domain/instant.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { skuId } from '../../domain/skus/commands.ts';
import { skuDecider } from '../../domain/skus/decide.ts';
import { latest, type Position } from '../../event-store/port.ts';
import { step } from '../outcome.ts';
import { type CommandContext, StaleRevision } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { barAndRelease, giveUpSku, type SkuClaim } from './give-up-sku.ts';

/** How long a flow may take from its claim to the variant that takes the SKU, before others may give the claim up. */
const SKU_CLAIM_SECONDS = 60;
/** When the product refuses it by the clock alone: longer than a claim lives, shorter than a product remembers bars. */
const SKU_TAKING_SECONDS = 300;

export type Claimed = { readonly position: Position | null };

/** `sku_taken` where another variant of the seller has it, or may still come to have it. */
export async function claimSku(shop: Shop, claim: SkuClaim, context: CommandContext): Promise<Claimed | Rejection> {
  const id = skuId(claim.sellerId, claim.sku);
  const command = { type: 'ClaimSku', ...claim, validUntil: after(context, SKU_CLAIM_SECONDS) } as const;
  const claimed = await shop.runtime.handle(skuDecider, id, command, context, { isNew: true });
  if (!isRejection(claimed)) return claimed;
  const { state, revision } = await shop.runtime.load(skuDecider, id, { fresh: true });
  if (state.status !== 'claimed' || state.validUntil > shop.now()) return claimed;
  const { productId, variantId } = state;
  const dead = { ...claim, productId, variantId };
  const freed = await barAndRelease(shop, dead, revision, step(context, `free:${variantId}`));
  return freed ? shop.runtime.handle(skuDecider, id, command, step(context, `again:${variantId}`)) : claimed;
}

/** What the command that takes claimed SKUs tells the product of its claims. */
export function skuClaimTimes(context: CommandContext) {
  return { skusClaimedAt: context.issuedAt, skusValidUntil: after(context, SKU_TAKING_SECONDS) };
}

/**
 * Runs `take`, which puts the SKU on its variant, under a claim; a refusal gives the claim up. Without a claim it only
 * runs `take`. A fault leaves the claim to run out: whether the variant has the SKU is not known then.
 */
export async function underClaim<T extends Claimed>(
  shop: Shop,
  claim: SkuClaim | undefined,
  context: CommandContext,
  take: () => Promise<T | Rejection>,
): Promise<T | Rejection> {
  if (claim === undefined) return take();
  const claimed = await claimSku(shop, claim, step(context, 'claim'));
  if (isRejection(claimed)) return claimed;
  const giveUp = () => giveUpSku(shop, claim, step(context, 'give-up'));
  try {
    const taken = await take();
    if (isRejection(taken)) await giveUp();
    return isRejection(taken) ? taken : { ...taken, position: latest(taken.position, claimed.position) };
  } catch (error) {
    if (error instanceof StaleRevision) await giveUp();
    throw error;
  }
}

function after(context: CommandContext, seconds: number): string {
  return later(context.issuedAt, seconds * 1_000);
}
