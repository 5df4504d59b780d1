/** Changes a variant; a new SKU is claimed before, the previous one released after. */
import type { Money } from '../../domain/money.ts';
import { productDecider } from '../../domain/products/decide.ts';
import type { Options } from '../../domain/products/events.ts';
import type { Listing } from '../../domain/products/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { skuId } from '../../domain/skus/commands.ts';
import { skuDecider } from '../../domain/skus/decide.ts';
import { notFound, type Outcome, outcome, step } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import { refuseUnlessApproved } from '../sellers/standing.ts';
import type { Shop } from '../shop.ts';
import { skuClaimTimes, underClaim } from '../skus/claim-sku.ts';
import { releaseSku } from '../skus/give-up-sku.ts';

export type VariantRevision = {
  readonly productId: string;
  readonly variantId: string;
  /** Null gives it up. */
  readonly sku?: string | null | undefined;
  readonly options?: Options | undefined;
  readonly price?: Money | undefined;
};

export async function reviseVariant(
  shop: Shop,
  revision: VariantRevision,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Listing> | Rejection> {
  const { productId, variantId, sku } = revision;
  const { state: product } = await shop.runtime.load(productDecider, productId, { fresh: true });
  const variant = product.status !== 'none' && product.variants.find((one) => one.variantId === variantId);
  if (product.status === 'none' || !variant) return notFound('variant');
  const { sellerId } = product;
  const refused = await refuseUnlessApproved(shop, sellerId);
  if (refused) return refused;
  const changes = sku !== undefined && sku !== variant.sku;
  const next = changes && sku !== null ? { sellerId, sku, productId, variantId } : undefined;
  const previous = changes && variant.sku !== null ? { sellerId, sku: variant.sku, productId, variantId } : undefined;
  // Read before the variant lets go of it: whoever wants it back afterwards renews the claim and moves this revision.
  const held = previous && (await shop.runtime.load(skuDecider, skuId(sellerId, previous.sku), { fresh: true }));
  const command = { type: 'ReviseVariant', ...revision, ...skuClaimTimes(context) } as const;
  const revised = await underClaim(shop, next, context, async () =>
    outcome(await shop.runtime.handle(productDecider, productId, command, context, options)),
  );
  if (isRejection(revised)) return revised;
  if (previous && held) await releaseSku(shop, previous, held.revision, step(context, 'previous'));
  return revised;
}
