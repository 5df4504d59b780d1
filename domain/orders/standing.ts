/** How far an order is for clients: its own stream and that of its payment together. */
import type { PaymentState } from '../payments/state.ts';
import { isChallenged } from '../payments/status.ts';
import type { OrderAction, OrderStatus } from '../resources.ts';
import type { OrderState } from './state.ts';

type Parts = { readonly orderId: string; readonly order: OrderState; readonly payment: PaymentState };

/** What an order's standing is: all that the answer to a checkout says. */
export type OrderStanding = {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly reason?: { readonly code: string; readonly detail: string };
  readonly action?: OrderAction;
};

/** Status, reason and action of an order. */
export function orderStanding({ orderId, order, payment }: Parts): OrderStanding {
  if (order.status === 'rejected' || order.status === 'cancelled') {
    return { orderId, status: order.status, reason: order.reason };
  }
  if (order.status === 'confirmed') return { orderId, status: 'confirmed' };
  if (payment.status !== 'requested' || !isChallenged(payment)) return { orderId, status: 'placed' };
  const { challenge, paymentId } = payment;
  const url = challenge?.url ?? undefined;
  const action: OrderAction = { type: 'challenge', paymentId, ...(url === undefined ? {} : { url }) };
  return { orderId, status: 'action_required', action };
}
