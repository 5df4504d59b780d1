/** Taking what is held or giving it back: one of the two, whichever was asked first. */
import type { Decision } from '../decider.ts';
import { reject } from '../rejection.ts';
import type { PaymentCommand } from './commands.ts';
import type { PaymentEvent } from './events.ts';
import type { RequestedPayment } from './state.ts';
import { mayCapture } from './status.ts';

/** The next attempt only after a definite failure: with a new number the gateway may take the money again. */
export function requestCapture(state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId, amount, capture } = state;
  if (capture.status === 'requested' || capture.status === 'captured') return [];
  if (state.voiding.attempt > 0) {
    return reject('void_requested', 'This payment is being given back: it cannot be captured any more.');
  }
  if (!mayCapture(state)) {
    return reject('not_authorised', 'The gateway does not hold the money for this order: authorise it first.');
  }
  return [{ type: 'CaptureRequested', data: { paymentId, orderId, amount, attempt: capture.attempt + 1 } }];
}

/** Recorded even where it was not asked for: money that was taken has to be seen to be refunded. */
export function recordCaptured(attempt: number, state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId, amount } = state;
  if (state.capture.status === 'captured') return [];
  return [{ type: 'PaymentCaptured', data: { paymentId, orderId, amount, attempt } }];
}

/** Only of the attempt under way: a late word about an earlier one says nothing of this one. */
export function recordCaptureFailed(
  { attempt, reason }: Extract<PaymentCommand, { type: 'RecordCaptureFailed' }>,
  state: RequestedPayment,
): Decision<PaymentEvent> {
  const { paymentId, orderId, capture } = state;
  if (capture.status !== 'requested' || capture.attempt !== attempt) return [];
  return [{ type: 'CaptureFailed', data: { paymentId, orderId, attempt, reason } }];
}

/**
 * Also before the gateway has answered: what it may yet hold is owed back. Again after money turned up that an earlier
 * void had missed, as a new attempt: under the old key the gateway would repeat its old answer.
 */
export function requestVoid(state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId, capture, voiding } = state;
  if (capture.status === 'requested' || capture.status === 'captured') {
    return reject('capture_requested', 'This payment is being captured: refund it instead.');
  }
  if (voiding.status !== 'none' || (state.declined && !state.held)) return [];
  return [{ type: 'VoidRequested', data: { paymentId, orderId, attempt: voiding.attempt + 1 } }];
}
