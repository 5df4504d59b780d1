/** A cart as clients see it, without what products, stock and pricing decide. */
import type { Cart } from '../../domain/carts/state.ts';
import { times } from '../../domain/money.ts';
import type { CartResource } from '../../domain/resources.ts';

export function cartResource(cart: Cart): CartResource {
  return {
    cartId: cart.cartId,
    status: cart.status,
    currency: cart.lines[0]?.unitPrice.currency ?? null,
    lines: cart.lines.map((line) => ({ ...line, lineTotal: times(line.unitPrice, line.quantity) })),
    coupons: [],
    updatedAt: cart.updatedAt,
  };
}
