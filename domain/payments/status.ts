/** What a payment's state comes to: for clients one word, for processes what may and must happen next. */
import { type Money, money } from '../money.ts';
import type { PaymentStatus } from '../resources.ts';
import type { PaymentState, RequestedPayment } from './state.ts';

/** The status clients see. A payment closed before it was requested counts as voided. */
export function statusOf(state: Exclude<PaymentState, { status: 'none' }>): PaymentStatus {
  if (state.status === 'closed') return 'voided';
  if (state.capture.status === 'captured') return refundStatus(state);
  if (state.voiding.status === 'voided') return 'voided';
  if (state.capture.status === 'failed') return 'failed';
  if (state.authorised) return 'authorised';
  if (state.declined) return 'declined';
  return state.challenge ? 'challenged' : 'requested';
}

/** What the gateway took. */
export function capturedOf(state: RequestedPayment): Money {
  return money(state.captured, state.amount.currency);
}

/** What the gateway gave back. */
export function refundedOf(state: RequestedPayment): Money {
  return money(amountOf(state, ['settled']), state.amount.currency);
}

/** What may still be given back: captured, less all refunds that have not failed. */
export function refundableOf(state: RequestedPayment): Money {
  return money(state.captured - amountOf(state, ['settled', 'requested']), state.amount.currency);
}

/** The gateway asked for a challenge and has not decided since. */
export function isChallenged(payment: PaymentState): boolean {
  return payment.status === 'requested' && payment.challenge !== null && !isAnswered(payment);
}

/** The gateway said yes or no to the authorisation. */
export function isAnswered(payment: PaymentState): boolean {
  return payment.status === 'requested' && (payment.authorised || payment.declined !== null);
}

/**
 * The gateway has said neither yes nor no, and we have not asked it to forget: the call to authorise may be made or
 * asked after.
 */
export function isUndecided(state: RequestedPayment): boolean {
  return !state.authorised && !state.declined && state.voiding.status === 'none';
}

/**
 * The money is there for the order: it may be confirmed and captured. Not after a decline or a void, even where the
 * gateway says later that it holds the money: then it only owes a void.
 */
export function mayCapture(state: RequestedPayment): boolean {
  return state.held && !isLost(state);
}

/** Declined or voided, which is never undone: its order cannot be paid by it any more, whatever the gateway holds. */
export function isLost(state: RequestedPayment): boolean {
  return state.declined !== null || state.voiding.attempt > 0;
}

/** Money is held that no order can use: a void must be requested whatever became of the order. */
export function owesVoid(state: RequestedPayment): boolean {
  return state.held && !mayCapture(state) && state.voiding.status === 'none' && state.capture.status !== 'requested';
}

function refundStatus(state: RequestedPayment): PaymentStatus {
  const refunded = amountOf(state, ['settled']);
  if (refunded === 0) return 'captured';
  return refunded < state.captured ? 'partly_refunded' : 'refunded';
}

function amountOf({ refunds }: RequestedPayment, statuses: readonly string[]): number {
  return refunds.reduce((total, { status, amount }) => (statuses.includes(status) ? total + amount.amount : total), 0);
}
