/** Whether a variant can be bought now, and at which price: read from its product's stream, never from a read model. */

import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { Money } from '../../domain/money.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { type Rejection, reject } from '../../domain/rejection.ts';
import { isApproved } from '../sellers/standing.ts';
import type { Shop } from '../shop.ts';

export type Offer = { readonly productId: string; readonly variantId: string; readonly unitPrice: Money };

/** `not_for_sale` (409) where it exists but cannot be bought; 422 at `/variantId` where there is no such variant. */
export async function findOffer(shop: Shop, variantId: string): Promise<Offer | Rejection> {
  const productId = await productIdOf(shop, variantId);
  if (productId === undefined) return unknownVariant();
  const offer = await offerOf(shop, productId, variantId);
  // What is refused on a cached state is looked at again: it may have been published a moment ago, elsewhere.
  return offer ?? (await offerOf(shop, productId, variantId, { fresh: true })) ?? notForSale();
}

async function productIdOf(shop: Shop, variantId: string): Promise<string | undefined> {
  const { state } = await shop.runtime.load(inventoryDecider, variantId);
  if (state.productId !== null) return state.productId;
  const { state: now } = await shop.runtime.load(inventoryDecider, variantId, { fresh: true });
  return now.productId ?? undefined;
}

async function offerOf(
  shop: Shop,
  productId: string,
  variantId: string,
  options: { readonly fresh?: boolean } = {},
): Promise<Offer | undefined> {
  const { state: product } = await shop.runtime.load(productDecider, productId, options);
  if (product.status !== 'published') return undefined;
  const variant = product.variants.find((one) => one.variantId === variantId);
  if (!variant || !(await isApproved(shop, product.sellerId))) return undefined;
  return { productId, variantId, unitPrice: variant.price };
}

function notForSale(): Rejection {
  return reject('not_for_sale', 'This item cannot be bought now: its listing or its seller is not active.');
}

function unknownVariant(): Rejection {
  return reject('invalid', 'There is no variant with this id. Take one of a product’s variants.', {
    kind: 'invalid',
    pointer: '/variantId',
  });
}
