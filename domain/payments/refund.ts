/** Giving back what was taken: in parts, repeatedly, never more than was captured. */
import type { Decision } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import type { PaymentCommand } from './commands.ts';
import type { PaymentEvent } from './events.ts';
import { MAX_REFUNDS, type Refund, type RequestedPayment } from './state.ts';
import { refundableOf } from './status.ts';

/** A refund that failed is asked again with its first amount and the next attempt; one under way is left alone. */
export function requestRefund(
  { refundId, amount, reason }: Extract<PaymentCommand, { type: 'RequestRefund' }>,
  state: RequestedPayment,
): Decision<PaymentEvent> {
  const { paymentId, orderId } = state;
  const before = refundOf(refundId, state);
  if (before && before.status !== 'failed') return [];
  const refund = before ?? { amount, reason, attempt: 0 };
  const refusal = before ? checkCovered(before.amount.amount, state) : checkNew(amount, state);
  if (refusal) return refusal;
  const data = { paymentId, orderId, refundId, amount: refund.amount, reason: refund.reason };
  return [{ type: 'RefundRequested', data: { ...data, attempt: refund.attempt + 1 } }];
}

/** Recorded also after a failure was reported, unless other refunds have used up what was captured. */
export function settleRefund(refundId: string, state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId } = state;
  const refund = refundOf(refundId, state);
  if (!refund) return notFound();
  if (refund.status === 'settled') return [];
  const refusal = refund.status === 'failed' ? checkCovered(refund.amount.amount, state) : null;
  return refusal ?? [{ type: 'RefundSettled', data: { paymentId, orderId, refundId, amount: refund.amount } }];
}

/** Only of the attempt under way. */
export function failRefund(
  { refundId, attempt, reason }: Extract<PaymentCommand, { type: 'FailRefund' }>,
  state: RequestedPayment,
): Decision<PaymentEvent> {
  const { paymentId, orderId } = state;
  const refund = refundOf(refundId, state);
  if (!refund) return notFound();
  if (refund.status !== 'requested' || refund.attempt !== attempt) return [];
  return [{ type: 'RefundFailed', data: { paymentId, orderId, refundId, attempt, reason } }];
}

function checkNew(amount: Refund['amount'], state: RequestedPayment): Rejection | null {
  if (amount.currency !== state.amount.currency) {
    const detail = `This payment was made in ${state.amount.currency}: refund it in that currency.`;
    return reject('currency_mismatch', detail, { kind: 'invalid', pointer: '/amount/currency' });
  }
  if (!Number.isInteger(amount.amount) || amount.amount < 1) {
    return reject('invalid', 'Refund at least one minor unit.', { kind: 'invalid', pointer: '/amount/amount' });
  }
  if (state.capture.status !== 'captured') {
    return reject('not_captured', 'Nothing was captured yet: cancel the order instead of refunding it.');
  }
  if (state.refunds.length >= MAX_REFUNDS) {
    return reject('too_many_refunds', `A payment has at most ${MAX_REFUNDS} refunds: wait for one that failed.`);
  }
  return checkCovered(amount.amount, state);
}

function checkCovered(amount: number, state: RequestedPayment): Rejection | null {
  const refundable = refundableOf(state);
  if (amount <= refundable.amount) return null;
  const detail = `At most ${refundable.amount} minor units of ${refundable.currency} can still be refunded.`;
  return reject('refund_exceeds_captured', detail, { extra: { refundable } });
}

function refundOf(refundId: string, { refunds }: RequestedPayment): Refund | undefined {
  return refunds.find((refund) => refund.refundId === refundId);
}

function notFound(): Rejection {
  return reject('not_found', 'There is no such refund.', { kind: 'not_found' });
}
