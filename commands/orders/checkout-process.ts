/**
 * The checkout, from present states to next steps: pure and level-triggered. Every step may be run
 * by anyone, at any time, twice and late; the order's own stream says how the order ends, everything here only proposes.
 */
import type { Instant } from '../../domain/decider.ts';
import { later } from '../../domain/instant.ts';
import { availableOf, type InventoryState, reservationOf } from '../../domain/inventory/state.ts';
import type { OrderTerms, RejectionReason } from '../../domain/orders/events.ts';
import type { RequestedPayment } from '../../domain/payments/state.ts';
import { isAnswered, isChallenged, isLost, mayCapture } from '../../domain/payments/status.ts';
import type { OrderLine } from '../../domain/pricing/schema.ts';
import type { CheckoutStates } from './checkout-states.ts';
import type { Next, Step } from './checkout-steps.ts';
import { compensate } from './compensation.ts';

/** How long to leave a buyer alone with a challenge before the gateway is asked what came of it. */
const ASK_AFTER_MS = 10_000;
const ASK_EVERY_MS = 60_000;

/** What can be done now, all of it at once, and when to look again if nothing happens meanwhile. */
export function nextSteps(states: CheckoutStates, now: Instant): Next {
  switch (states.order.status) {
    case 'none':
      return begin(states, now);
    case 'placed':
      return proceed(states, states.order.terms, now);
    case 'confirmed':
      return fulfil(states, states.order.terms);
    case 'rejected':
    case 'cancelled':
      return compensate(states, now);
  }
}

/** The cart is checked out, the order not placed yet. */
function begin({ terms }: CheckoutStates, now: Instant): Next {
  if (terms === null) return { steps: [], wakeAt: null };
  // As the order's first event the refusal shuts out a writer that slept: it would place a second order for this cart.
  if (now >= terms.deadline) return { steps: [{ do: 'reject', reason: deadlinePassed }], wakeAt: null };
  return { steps: [{ do: 'place', terms }], wakeAt: terms.deadline };
}

function proceed(states: CheckoutStates, terms: OrderTerms, now: Instant): Next {
  const missing = terms.quote.lines.filter((line) => !isReserved(states, line));
  const { payment } = states;
  if (payment.status === 'requested' && isLost(payment)) return reject(refusal(payment));
  if (payment.status === 'requested' && mayCapture(payment) && missing.length === 0) return only({ do: 'confirm' });
  if (payment.status === 'closed') return reject(paymentClosed);
  if (now >= terms.deadline) return reject(deadlinePassed);
  if (missing.length > 0) return { steps: reservations(states, missing), wakeAt: terms.deadline };
  if (payment.status === 'none') return { steps: [{ do: 'request-payment', terms }], wakeAt: terms.deadline };
  return { steps: authorisation(payment, now), wakeAt: earlier(terms.deadline, later(now, ASK_EVERY_MS)) };
}

/** The order is confirmed: sell what is reserved, take what is authorised. */
function fulfil(states: CheckoutStates, terms: OrderTerms): Next {
  const commits = terms.quote.lines
    .filter((line) => isReserved(states, line))
    .map(({ variantId }): Step => ({ do: 'commit', variantId }));
  const { payment } = states;
  return { steps: payment.status === 'requested' ? [...commits, ...capture(payment)] : commits, wakeAt: null };
}

function capture(payment: RequestedPayment): Step[] {
  const { status, attempt, failure } = payment.capture;
  if (status === 'none' && mayCapture(payment)) return [{ do: 'request-capture' }];
  if (status === 'requested') return [{ do: 'capture', attempt }];
  // Most likely the authorisation ran out before it was used.
  if (status === 'none' && isLost(payment)) {
    return [{ do: 'cancel', detail: 'The payment was given back before it could be taken.' }];
  }
  if (status === 'failed') return [{ do: 'cancel', detail: failure?.detail ?? 'The payment could not be taken.' }];
  return [];
}

function authorisation(payment: RequestedPayment, now: Instant): Step[] {
  if (isAnswered(payment)) return [];
  if (!isChallenged(payment)) return [{ do: 'authorise' }];
  // The answer to the challenge comes by webhook; one that never came is asked for.
  return now >= later(payment.updatedAt, ASK_AFTER_MS) ? [{ do: 'ask' }] : [];
}

/**
 * All lines at once while there is plenty; one by one in the order of variant ids where any is scarce.
 * Without the order two carts with A+B and B+A each take one of the last two units, and both are refused.
 */
function reservations(states: CheckoutStates, missing: readonly OrderLine[]): Step[] {
  const inOrder = missing.toSorted((a, b) => (a.variantId < b.variantId ? -1 : 1));
  const scarce = inOrder.some((line) => left(states.stock[line.variantId]) < Math.max(100, 10 * line.quantity));
  const first = scarce ? inOrder.slice(0, 1) : inOrder;
  return first.map(({ variantId, quantity }): Step => ({ do: 'reserve', variantId, quantity }));
}

function left(stock: InventoryState | undefined): number {
  return stock ? availableOf(stock) : 0;
}

function isReserved(states: CheckoutStates, line: OrderLine): boolean {
  const stock = states.stock[line.variantId];
  return stock !== undefined && reservationOf(stock, states.orderId) !== undefined;
}

function refusal({ declined }: RequestedPayment): RejectionReason {
  if (declined === null) return paymentGivenBack;
  return declined.challenged
    ? { code: 'challenge_failed', detail: 'The card holder could not be verified. Check out again.' }
    : { code: 'payment_declined', detail: declined.detail };
}

const deadlinePassed: RejectionReason = {
  code: 'deadline_passed',
  detail: 'The order was not paid in time. The cart is open again: check out once more.',
};

const paymentClosed: RejectionReason = {
  code: 'payment_failed',
  detail: 'The payment was closed before it began. The cart is open again: check out once more.',
};

const paymentGivenBack: RejectionReason = {
  code: 'payment_failed',
  detail: 'The payment was given back before the order could use it. The cart is open again: check out once more.',
};

const only = (step: Step): Next => ({ steps: [step], wakeAt: null });
const reject = (reason: RejectionReason): Next => only({ do: 'reject', reason });
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
