/** What can be asked of one payment of 10.00 dollars, and what can happen to it. */
import type { Money } from '../money.ts';
import type { PaymentCommand } from '../payments/commands.ts';
import type { PaymentEvent } from '../payments/events.ts';
import { id, sealed, usd } from './samples.ts';

const paymentId = id(50);
const orderId = id(40);
const reference = 'ref';
const url = 'https://bank.example/3ds';
const reason = { code: 'refused', detail: 'The bank said no.' };

/** Both ids, as every event has them. */
export const payment = { paymentId, orderId };

export const requestedData = {
  ...payment,
  method: 'card' as const,
  gateway: 'sandbox',
  amount: usd(1000),
  token: sealed<string>('tok_visa'),
};

/** Commands. */
export const ask = {
  request: { type: 'RequestPayment', ...requestedData },
  challenge: { type: 'ChallengePayment', paymentId, reference, url },
  authorise: { type: 'AuthorisePayment', paymentId, reference },
  decline: { type: 'DeclinePayment', paymentId, reason },
  capture: { type: 'RequestCapture', paymentId },
  captured: (attempt: number): PaymentCommand => ({ type: 'RecordCaptured', paymentId, attempt }),
  captureFailed: (attempt: number): PaymentCommand => ({ type: 'RecordCaptureFailed', paymentId, attempt, reason }),
  void: { type: 'RequestVoid', paymentId },
  voided: { type: 'RecordVoided', paymentId },
  refund: (n: number, amount: Money): PaymentCommand => ({
    type: 'RequestRefund',
    paymentId,
    refundId: id(600 + n),
    amount,
    reason: 'broken',
  }),
  settle: (n: number): PaymentCommand => ({ type: 'SettleRefund', paymentId, refundId: id(600 + n) }),
  failRefund: (n: number, attempt: number): PaymentCommand => ({
    type: 'FailRefund',
    paymentId,
    refundId: id(600 + n),
    attempt,
    reason,
  }),
  close: { type: 'ClosePayment', paymentId, orderId },
} satisfies Record<string, PaymentCommand | ((...of: never[]) => PaymentCommand)>;

/** Events. */
export const happened = {
  requested: { type: 'PaymentRequested', data: requestedData },
  challenged: { type: 'PaymentChallenged', data: { ...payment, reference, url } },
  authorised: { type: 'PaymentAuthorised', data: { ...payment, reference } },
  declined: (challenged: boolean): PaymentEvent => ({
    type: 'PaymentDeclined',
    data: { ...payment, reason, challenged },
  }),
  captureRequested: (attempt: number): PaymentEvent => ({
    type: 'CaptureRequested',
    data: { ...payment, attempt, amount: usd(1000) },
  }),
  captured: (attempt: number): PaymentEvent => ({
    type: 'PaymentCaptured',
    data: { ...payment, attempt, amount: usd(1000) },
  }),
  captureFailed: (attempt: number): PaymentEvent => ({ type: 'CaptureFailed', data: { ...payment, attempt, reason } }),
  voidRequested: (attempt: number): PaymentEvent => ({ type: 'VoidRequested', data: { ...payment, attempt } }),
  voided: { type: 'PaymentVoided', data: payment },
  refundRequested: (n: number, amount: Money, attempt = 1): PaymentEvent => ({
    type: 'RefundRequested',
    data: { ...payment, refundId: id(600 + n), attempt, amount, reason: 'broken' },
  }),
  refundSettled: (n: number, amount: Money): PaymentEvent => ({
    type: 'RefundSettled',
    data: { ...payment, refundId: id(600 + n), amount },
  }),
  refundFailed: (n: number, attempt = 1): PaymentEvent => ({
    type: 'RefundFailed',
    data: { ...payment, refundId: id(600 + n), attempt, reason },
  }),
} satisfies Record<string, PaymentEvent | ((...of: never[]) => PaymentEvent)>;
