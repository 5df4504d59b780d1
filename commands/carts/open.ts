/** Opens a cart: a user's, or a guest's, who gets the token that proves it. */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { cartTokenHash, cartTokenOf } from './cart-token.ts';

export type OpenedCart = Outcome<Cart> & {
  /** Of a guest's cart; known in plain only to this answer. */
  readonly cartToken?: string;
};

export async function openCart(
  shop: Shop,
  { cartId, buyerId }: { readonly cartId: string; readonly buyerId: string | null },
  context: CommandContext,
): Promise<OpenedCart | Rejection> {
  const cartToken = buyerId === null ? cartTokenOf(shop.keys, context.commandId) : undefined;
  const command = {
    type: 'OpenCart',
    cartId,
    buyerId,
    cartTokenHash: cartToken === undefined ? null : cartTokenHash(cartToken),
  } as const;
  const opened = outcome(await shop.runtime.handle(cartDecider, cartId, command, context, { isNew: true }));
  return isRejection(opened) || cartToken === undefined ? opened : { ...opened, cartToken };
}
