/** Sets how many of a variant lie in a cart; none takes it out. */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import type { Item } from './add-item.ts';
import { findOffer } from './for-sale.ts';
import { removeItem } from './remove-item.ts';

/** What is not for sale any more can still be taken out, with 0. */
export async function changeQuantity(
  shop: Shop,
  { cartId, variantId, quantity }: Item,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Cart> | Rejection> {
  if (quantity === 0) return removeItem(shop, { cartId, variantId }, context, options);
  const { state: cart } = await shop.runtime.load(cartDecider, cartId, { fresh: true });
  const isThere = cart.status !== 'none' && cart.lines.some((line) => line.variantId === variantId);
  if (!isThere) return notFound('item in this cart');
  const offer = await findOffer(shop, variantId);
  if (isRejection(offer)) return offer;
  const command = { type: 'ChangeQuantity', cartId, variantId, quantity, unitPrice: offer.unitPrice } as const;
  return outcome(await shop.runtime.handle(cartDecider, cartId, command, context, options));
}
