/** What the checkout process looks at: the states of every stream an order takes part in. */
import type { CartState } from '../../domain/carts/state.ts';
import type { Instant } from '../../domain/decider.ts';
import type { InventoryState } from '../../domain/inventory/state.ts';
import type { OrderTerms } from '../../domain/orders/events.ts';
import type { OrderState } from '../../domain/orders/state.ts';
import type { PaymentState } from '../../domain/payments/state.ts';
import { isChallenged } from '../../domain/payments/status.ts';

export type CheckoutStates = {
  readonly orderId: string;
  /** From the cart or the order; null where the order ended before it was placed and the cart was given back. */
  readonly terms: OrderTerms | null;
  readonly cart: CartState;
  readonly order: OrderState;
  readonly payment: PaymentState;
  /** By variant id, for every line of the terms. */
  readonly stock: Readonly<Record<string, InventoryState>>;
  /** From before the first of them was read: nothing here is older. */
  readonly readAt: Instant;
};

/**
 * Whether the buyer can be told how it ended, or what to do next. A rejected order is told only when its cart is open
 * again: who reads of the rejection changes the cart and checks out once more.
 */
export function isTellable({ order, payment, cart, orderId }: CheckoutStates): boolean {
  if (order.status === 'placed') return isChallenged(payment);
  if (order.status === 'rejected') return cart.status !== 'checked_out' || cart.lastOrderId !== orderId;
  return order.status !== 'none';
}
