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

/**
 * The next progress: for every history the status and amounts that `statusOf`, `capturedOf` and `refundedOf` give of the
 * payment's state. Rows keep no more than this of what was before, so that it is folded here once more.
 */
export function progressed(event: ProjectedEvent<PaymentEventType>, before: Progress): Progress {
  const { status, captured, refunded } = before;
  switch (event.type) {
    case 'PaymentRequested':
      return REQUESTED;
    case 'PaymentChallenged':
      return { ...before, status: 'challenged' };
    case 'PaymentAuthorised':
      // Said late of a payment that was taken unasked: it stays taken.
      return captured > 0 ? before : { ...before, status: 'authorised' };
    case 'PaymentDeclined':
      return status === 'voided' ? before : { ...before, status: 'declined' };
    case 'PaymentCaptured':
      return { ...before, status: 'captured', captured: captured + event.data.amount.amount };
    case 'CaptureFailed':
      return { ...before, status: 'failed' };
    case 'PaymentVoided':
      return { ...before, status: 'voided' };
    case 'CaptureRequested':
      // Only what is held is asked for; after a failure it is under way again.
      return { ...before, status: 'authorised' };
    case 'RefundSettled': {
      const total = refunded + event.data.amount.amount;
      return { captured, refunded: total, status: total >= captured ? 'refunded' : 'partly_refunded' };
    }
    case 'VoidRequested':
    case 'RefundRequested':
    case 'RefundFailed':
      return before;
  }
}
