/**
 * Lists a product: claims every SKU, drafts it with its variants, opens their stock. A writer that dies leaves claims
 * that run out (commands/skus/sku-claim.process.ts) or stock that is opened later (commands/inventory/open-stock.process.ts).
 */

import { productDecider } from '../../domain/products/decide.ts';
import type { Image, Specification, Variant } from '../../domain/products/events.ts';
import type { Listing } from '../../domain/products/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { refuseUnknownCategory } from '../categories/known-category.ts';
import { openStock } from '../inventory/open-stock.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import { refuseUnlessApproved } from '../sellers/standing.ts';
import type { Shop } from '../shop.ts';
import { skuClaimTimes } from '../skus/claim-sku.ts';
import { claimSkus, giveUpSkus } from './claim-skus.ts';

export type NewProduct = {
  readonly productId: string;
  readonly sellerId: string;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  readonly categoryId: string;
  readonly specifications: readonly Specification[];
  readonly images: readonly Image[];
  /** How well it sold before; 0 where nobody knows. */
  readonly popularity: number;
  readonly variants: readonly Variant[];
  readonly publish: boolean;
};

/** `seller_not_approved` (403), an unknown category (422), `sku_taken` (409), and what a listing itself refuses. */
export async function createProduct(
  shop: Shop,
  product: NewProduct,
  context: CommandContext,
): Promise<Outcome<Listing> | Rejection> {
  const refused =
    (await refuseUnlessApproved(shop, product.sellerId)) ?? (await refuseUnknownCategory(shop, product.categoryId));
  if (refused) return refused;
  const claimed = await claimSkus(shop, product, context);
  if (isRejection(claimed)) return claimed;
  const drafted = outcome(
    await shop.runtime.handle(
      productDecider,
      product.productId,
      { type: 'DraftProduct', ...product, ...skuClaimTimes(context) },
      context,
      { isNew: true },
    ),
  );
  if (isRejection(drafted)) {
    await giveUpSkus(shop, product, context);
    return drafted;
  }
  const opened = await openStock(shop, drafted.state, product.variants, context);
  return outcome(drafted, claimed.position, opened.position);
}
