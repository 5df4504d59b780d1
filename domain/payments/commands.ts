/**
 * What can be asked of a payment: intents, which stand before a call to the gateway, and reports of what the gateway
 * says. Reports may come late, twice and in any order: they are recorded or change nothing, and are refused only for a
 * payment that was never requested (`not_found`).
 */
import type { Money } from '../money.ts';
import type { PaymentMethod } from '../orders/events.ts';
import type { Sealed } from '../sealed.ts';
import type { Failure } from './events.ts';

type Payment = { readonly paymentId: string };

export type PaymentCommand =
  /** Intent to authorise. Refused with `payment_closed` after `ClosePayment`. Natural key: the payment. */
  | (Payment & {
      readonly type: 'RequestPayment';
      readonly orderId: string;
      readonly method: PaymentMethod;
      readonly gateway: string;
      readonly amount: Money;
      readonly token: Sealed<string>;
    })
  /** Report: the buyer has to prove who they are. Ignored once the gateway has decided. */
  | (Payment & { readonly type: 'ChallengePayment'; readonly reference: string; readonly url: string | null })
  /** Report: the money is held. Recorded also after a decline or a void: it is then owed a void. */
  | (Payment & { readonly type: 'AuthorisePayment'; readonly reference: string })
  /** Report: refused for good. Ignored once authorised. */
  | (Payment & { readonly type: 'DeclinePayment'; readonly reason: Failure })
  /** Intent to capture all of it; after a failed capture, the next attempt. Excludes a void. */
  | (Payment & { readonly type: 'RequestCapture' })
  | (Payment & { readonly type: 'RecordCaptured'; readonly attempt: number })
  /** Report: this attempt was refused for good. Ignored unless it is the one under way. */
  | (Payment & { readonly type: 'RecordCaptureFailed'; readonly attempt: number; readonly reason: Failure })
  /** Intent to give back what is held, or may yet be. Excludes a capture. */
  | (Payment & { readonly type: 'RequestVoid' })
  /** Report: nothing is held any more. */
  | (Payment & { readonly type: 'RecordVoided' })
  /** Intent to refund; for a refund that failed, the next attempt with the first amount. Natural key: `refundId`. */
  | (Payment & {
      readonly type: 'RequestRefund';
      readonly refundId: string;
      readonly amount: Money;
      readonly reason: string;
    })
  | (Payment & { readonly type: 'SettleRefund'; readonly refundId: string })
  /** Report: this attempt was refused for good; the refund is still owed. */
  | (Payment & {
      readonly type: 'FailRefund';
      readonly refundId: string;
      readonly attempt: number;
      readonly reason: Failure;
    })
  /** The order ended before its payment was requested: it never will be. Refused (`payment_requested`) where it was. */
  | (Payment & { readonly type: 'ClosePayment'; readonly orderId: string });
