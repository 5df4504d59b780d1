/** Adds a variant to a product: claims its SKU, adds it, opens its stock. */

import { productDecider } from '../../domain/products/decide.ts';
import type { Variant } from '../../domain/products/events.ts';
import type { Listing } from '../../domain/products/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { openStock } from '../inventory/open-stock.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import { refuseUnlessApproved } from '../sellers/standing.ts';
import type { Shop } from '../shop.ts';
import { skuClaimTimes, underClaim } from '../skus/claim-sku.ts';

export async function addVariant(
  shop: Shop,
  { productId, variant }: { readonly productId: string; readonly variant: Variant },
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Listing> | Rejection> {
  const { state: product } = await shop.runtime.load(productDecider, productId, { fresh: true });
  if (product.status === 'none') return notFound('product');
  const { sellerId } = product;
  const refused = await refuseUnlessApproved(shop, sellerId);
  if (refused) return refused;
  const { sku, variantId } = variant;
  const claim = sku === null ? undefined : { sellerId, sku, productId, variantId };
  const command = { type: 'AddVariant', productId, variant, ...skuClaimTimes(context) } as const;
  const added = await underClaim(shop, claim, context, async () =>
    outcome(await shop.runtime.handle(productDecider, productId, command, context, options)),
  );
  if (isRejection(added)) return added;
  const opened = await openStock(shop, added.state, [variant], context);
  return outcome(added, opened.position);
}
