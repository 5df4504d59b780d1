/** How far a payment has come, folded from its events: shared by the payments and the orders that show them. */
import type { PaymentStatus } from '../../domain/resources.ts';
import type { ProjectedEvent } from '../runtime/types.ts';

export const PAYMENT_EVENTS = [
  'PaymentRequested',
  'PaymentChallenged',
  'PaymentAuthorised',
  'PaymentDeclined',
  'CaptureRequested',
  'PaymentCaptured',
  'CaptureFailed',
  'VoidRequested',
  'PaymentVoided',
  'RefundRequested',
  'RefundSettled',
  'RefundFailed',
] as const;
export type PaymentEventType = (typeof PAYMENT_EVENTS)[number];

/** Minor units of the payment's currency. */
export type Progress = { readonly status: PaymentStatus; readonly captured: number; readonly refunded: number };

export const REQUESTED: Progress = { status: 'requested', captured: 0, refunded: 0 };

/** The next progress; intents (capture, void, refund requested) change nothing that is shown. */
export function progressed(event: ProjectedEvent<PaymentEventType>, before: Progress): Progress {
  const { status, captured, refunded } = before;
  switch (event.type) {
    case 'PaymentRequested':
      return REQUESTED;
    case 'PaymentChallenged':
      return { ...before, status: 'challenged' };
    case 'PaymentAuthorised':
      return { ...before, status: 'authorised' };
    case 'PaymentDeclined':
      return { ...before, status: 'declined' };
    case 'PaymentCaptured':
      return { ...before, status: 'captured', captured: captured + event.data.amount.amount };
    case 'CaptureFailed':
      return { ...before, status: 'failed' };
    case 'PaymentVoided':
      // A payment that never held anything stays what it was: declined, failed.
      return { ...before, status: status === 'declined' || status === 'failed' ? status : 'voided' };
    case 'RefundSettled': {
      const total = refunded + event.data.amount.amount;
      return { captured, refunded: total, status: total >= captured ? 'refunded' : 'partly_refunded' };
    }
    case 'CaptureRequested':
    case 'VoidRequested':
    case 'RefundRequested':
    case 'RefundFailed':
      return before;
  }
}
