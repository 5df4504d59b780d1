/** The arbiter of an order's end: confirmed and rejected exclude each other; cancelled is the last word. */
import type { Decider, Decision } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import { unreachable } from '../unreachable.ts';
import type { OrderCommand } from './commands.ts';
import type { OrderEvent } from './events.ts';
import { evolveOrder, initialOrder, type OrderState } from './state.ts';

export const orderDecider: Decider<OrderState, OrderCommand, OrderEvent> = {
  category: 'order',
  stateVersion: 1,
  initialState: initialOrder,
  evolve: evolveOrder,
  decide,
};

function decide(command: OrderCommand, state: OrderState): Decision<OrderEvent> {
  switch (command.type) {
    case 'PlaceOrder':
      if (state.status === 'none') return [{ type: 'OrderPlaced', data: command.terms }];
      // Rejected before it was placed: a writer that slept must not bring it to life.
      return state.status === 'rejected' && state.terms === null ? notOpen(state) : [];
    case 'ConfirmOrder':
      return confirm(command.orderId, state);
    case 'RejectOrder': {
      const { type: _, ...data } = command;
      if (state.status === 'rejected') return [];
      if (state.status === 'confirmed' || state.status === 'cancelled') return notOpen(state);
      return [{ type: 'OrderRejected', data }];
    }
    case 'CancelOrder':
      return cancel(command, state);
    default:
      return unreachable(command);
  }
}

function confirm(orderId: string, state: OrderState): Decision<OrderEvent> {
  if (state.status === 'none') return notFound();
  if (state.status === 'confirmed') return [];
  if (state.status !== 'placed') return notOpen(state);
  return [{ type: 'OrderConfirmed', data: { orderId, cartId: state.terms.cartId } }];
}

function cancel(
  { orderId, reason }: Extract<OrderCommand, { type: 'CancelOrder' }>,
  state: OrderState,
): Decision<OrderEvent> {
  if (state.status === 'none') return notFound();
  if (state.status === 'cancelled') return [];
  if (state.status === 'rejected') {
    return reject('not_cancellable', 'This order was rejected: nothing was bought, and there is nothing to cancel.');
  }
  const { cartId } = state.terms;
  const wasConfirmed = state.status === 'confirmed';
  return [{ type: 'OrderCancelled', data: { orderId, cartId, wasConfirmed, reason } }];
}

function notFound(): Rejection {
  return reject('not_found', 'There is no such order.', { kind: 'not_found' });
}

function notOpen({ status }: OrderState): Rejection {
  return reject('order_not_open', `This order is ${status} already: its end cannot change any more.`);
}
