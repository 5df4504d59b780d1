/** Takes a variant out of a cart. */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export async function removeItem(
  shop: Shop,
  { cartId, variantId }: { readonly cartId: string; readonly variantId: string },
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Cart> | Rejection> {
  const command = { type: 'RemoveItem', cartId, variantId } as const;
  return outcome(await shop.runtime.handle(cartDecider, cartId, command, context, options));
}
