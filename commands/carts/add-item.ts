/** Puts units of a variant into a cart, at today's price. */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { findOffer } from './for-sale.ts';

export type Item = { readonly cartId: string; readonly variantId: string; readonly quantity: number };

/** Adds up with what the cart has. `not_for_sale`, `cart_not_open`, `quantity_too_large`, `currency_mismatch`. */
export async function addItem(
  shop: Shop,
  { cartId, variantId, quantity }: Item,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Cart> | Rejection> {
  const offer = await findOffer(shop, variantId);
  if (isRejection(offer)) return offer;
  const command = { type: 'AddItem', cartId, line: { ...offer, quantity } } as const;
  return outcome(await shop.runtime.handle(cartDecider, cartId, command, context, options));
}
