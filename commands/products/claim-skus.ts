/** The SKUs of a product to be: all claimed, or none. */
import type { Variant } from '../../domain/products/events.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { latest, type Position } from '../../event-store/port.ts';
import { step } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { claimSku } from '../skus/claim-sku.ts';
import { giveUpSku, type SkuClaim } from '../skus/give-up-sku.ts';

type ProductToBe = {
  readonly productId: string;
  readonly sellerId: string;
  readonly variants: readonly Variant[];
};

/** Claims together; where one is refused, gives the others up and refuses, naming the variant. */
export async function claimSkus(
  shop: Shop,
  product: ProductToBe,
  context: CommandContext,
): Promise<{ readonly position: Position | null } | Rejection> {
  const claims = product.variants.map(async ({ variantId, sku }, index) => {
    if (sku === null) return { position: null };
    const { productId, sellerId } = product;
    const claim = await claimSku(shop, { sellerId, sku, productId, variantId }, step(context, `claim:${index}`));
    return isRejection(claim) ? { ...claim, pointer: `/variants/${index}/sku` } : claim;
  });
  const claimed = await Promise.all(claims);
  const refused = claimed.find(isRejection);
  if (refused) {
    await giveUpSkus(shop, product, context);
    return refused;
  }
  const positions = claimed.map((one) => (isRejection(one) ? null : one.position));
  return { position: positions.reduce(latest, null) };
}

/** Gives up what this product claimed; claims of others under the same SKU stay. */
export async function giveUpSkus(shop: Shop, product: ProductToBe, context: CommandContext): Promise<void> {
  const { productId, sellerId } = product;
  for (const { variantId, sku } of product.variants) {
    if (sku === null) continue;
    const claim: SkuClaim = { sellerId, sku, productId, variantId };
    await giveUpSku(shop, claim, step(context, `give-up:${variantId}`));
  }
}
