/** What an order that was rejected or cancelled gives back: the stock, the money, and after a rejection the cart. */
import type { Instant } from '../../domain/decider.ts';
import { later } from '../../domain/instant.ts';
import { reservationOf, tombstoneOf } from '../../domain/inventory/state.ts';
import { money } from '../../domain/money.ts';
import type { Refund, RequestedPayment } from '../../domain/payments/state.ts';
import type { OrderLine } from '../../domain/pricing/schema.ts';
import { derivedId } from '../../platform/ids.ts';
import type { CheckoutStates } from './checkout-states.ts';
import type { Next, Step } from './checkout-steps.ts';

/**
 * No reservation can land any more that long after an order's end: it would be issued on a state at most seconds old and
 * be valid for 30 s from there.
 */
const STRAGGLERS_MS = 120_000;

/** A refund the gateway refused is owed all the same, and tried again. */
const REFUND_AGAIN_MS = 60_000;

/** Steps of an order that ended without a sale, or whose sale is undone. */
export function compensate(states: CheckoutStates, now: Instant): Next {
  const payment = paymentBack(states, now);
  const stock = releases(states, now);
  // The stock goes first: a cart that is open before would be refused for what its own last order still holds.
  const cart = stock.length === 0 ? cartBack(states) : [];
  return { steps: [...stock, ...payment.steps, ...cart], wakeAt: payment.wakeAt };
}

function releases(states: CheckoutStates, now: Instant): Step[] {
  const { order } = states;
  if (order.status !== 'rejected' && order.status !== 'cancelled') return [];
  // Rejected before it was placed: nobody ever reserved for it.
  if (order.terms === null) return [];
  const soldBefore = order.status === 'cancelled' && order.wasConfirmed;
  const endedAt = order.updatedAt;
  return order.terms.quote.lines
    .filter((line) => owesRelease(states, line, { soldBefore, late: now > later(endedAt, STRAGGLERS_MS) }))
    .map(({ variantId, quantity }): Step => ({ do: 'release', variantId, quantity, soldBefore, endedAt }));
}

function owesRelease(
  { stock, orderId }: CheckoutStates,
  { variantId }: OrderLine,
  { soldBefore, late }: { readonly soldBefore: boolean; readonly late: boolean },
): boolean {
  const inventory = stock[variantId];
  if (!inventory || reservationOf(inventory, orderId) !== undefined) return true;
  const ended = tombstoneOf(inventory, orderId);
  if (ended) return ended.how === 'sold';
  // Nothing is known of it (any more). What was sold must come back, and a repeat is told by the command's id; of what
  // was only reserved no trace is left to give back, but a straggler must still find a tombstone.
  return soldBefore || !late;
}

function cartBack({ order, cart, payment, orderId }: CheckoutStates): Step[] {
  if (order.status !== 'rejected' || cart.status !== 'checked_out' || cart.terms?.orderId !== orderId) return [];
  // Of an order that was never placed only the cart knows the payment: it goes back once that is closed.
  if (order.terms === null && payment.status === 'none') return [];
  return [{ do: 'reopen-cart', cartId: order.cartId }];
}

function paymentBack(states: CheckoutStates, now: Instant): Next {
  const { payment } = states;
  if (payment.status === 'closed' || states.terms === null) return done;
  if (payment.status === 'none') return step({ do: 'close-payment' });
  if (payment.captured > 0) return refunds(payment, now);
  // The intent to capture stands: it is brought to its end, and what it took is refunded.
  if (payment.capture.status === 'requested') return step({ do: 'capture', attempt: payment.capture.attempt });
  if (payment.voiding.status === 'requested') return step({ do: 'void', attempt: payment.voiding.attempt });
  const mayBeHeld = payment.held || (!payment.authorised && payment.declined === null);
  if (mayBeHeld && payment.voiding.status === 'none') {
    return step({ do: 'request-void', attempt: payment.voiding.attempt + 1 });
  }
  return done;
}

function refunds(payment: RequestedPayment, now: Instant): Next {
  const { currency } = payment.amount;
  const underWay = payment.refunds.filter(({ status }) => status === 'requested').map(toGateway);
  const owed = payment.refunds.filter(({ status }) => status === 'failed');
  const left = payment.captured - payment.refunds.reduce((sum, refund) => sum + refund.amount.amount, 0);
  // Its id follows from the payment: whoever asks for it, asks for the same refund.
  const refundId = derivedId(payment.requestedAt, payment.paymentId, 'refund-of-the-rest');
  const rest: Step[] = left > 0 ? [{ do: 'request-refund', refundId, amount: money(left, currency), attempt: 1 }] : [];
  const again = now >= later(payment.updatedAt, REFUND_AGAIN_MS) ? owed.map(tryAgain) : [];
  const wakeAt = owed.length > 0 ? later(now, REFUND_AGAIN_MS) : null;
  return { steps: [...underWay, ...rest, ...again], wakeAt };
}

function toGateway({ refundId, amount, attempt }: Refund): Step {
  return { do: 'refund', refundId, amount, attempt };
}

function tryAgain({ refundId, amount, attempt }: Refund): Step {
  return { do: 'request-refund', refundId, amount, attempt: attempt + 1 };
}

const done: Next = { steps: [], wakeAt: null };
const step = (only: Step): Next => ({ steps: [only], wakeAt: null });
