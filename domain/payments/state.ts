/** What is known of a payment: what we meant to do and what the gateway said. Bound: `MAX_REFUNDS` refunds. */
import type { Happened, Instant } from '../decider.ts';
import type { Money } from '../money.ts';
import type { PaymentMethod } from '../orders/events.ts';
import type { Sealed } from '../sealed.ts';
import { unreachable } from '../unreachable.ts';
import type { Failure, PaymentEvent } from './events.ts';

export const MAX_REFUNDS = 100;

export type Refund = {
  readonly refundId: string;
  readonly amount: Money;
  readonly reason: string;
  readonly status: 'requested' | 'settled' | 'failed';
  /** Of the gateway call under way, or the last one. */
  readonly attempt: number;
};

export type RequestedPayment = {
  readonly status: 'requested';
  readonly paymentId: string;
  readonly orderId: string;
  readonly method: PaymentMethod;
  readonly gateway: string;
  readonly amount: Money;
  readonly token: Sealed<string>;
  /** What the gateway calls it, once it said so. */
  readonly reference: string | null;
  /** What the buyer has to do, or had to. */
  readonly challenge: { readonly url: string | null } | null;
  /** The gateway held the money at some time. */
  readonly authorised: boolean;
  /** The money is held now: authorised, and neither voided nor captured since. */
  readonly held: boolean;
  readonly declined: (Failure & { readonly challenged: boolean }) | null;
  /** `attempt` 0: never requested. */
  readonly capture: {
    readonly status: 'none' | 'requested' | 'captured' | 'failed';
    readonly attempt: number;
    readonly failure: Failure | null;
  };
  /** `none` again when money turns out to be held after a void. */
  readonly voiding: { readonly status: 'none' | 'requested' | 'voided'; readonly attempt: number };
  /** Minor units that the gateway took, in the payment's currency. */
  readonly captured: number;
  readonly refunds: readonly Refund[];
  readonly requestedAt: Instant;
  readonly updatedAt: Instant;
};

export type PaymentState =
  | { readonly status: 'none' }
  /** Closed before it was requested. */
  | {
      readonly status: 'closed';
      readonly paymentId: string;
      readonly orderId: string;
      readonly updatedAt: Instant;
    }
  | RequestedPayment;

export const initialPayment: PaymentState = { status: 'none' };

/** Folds one event into the payment. */
export function evolvePayment(state: PaymentState, event: Happened<PaymentEvent>): PaymentState {
  if (event.type === 'PaymentRequested') {
    return { ...UNTOUCHED, ...event.data, requestedAt: event.at, updatedAt: event.at };
  }
  if (state.status === 'requested') return { ...state, ...changes(state, event), updatedAt: event.at };
  if (state.status === 'none' && event.type === 'PaymentVoided') {
    return { status: 'closed', ...event.data, updatedAt: event.at };
  }
  return state;
}

const UNTOUCHED = {
  status: 'requested',
  reference: null,
  challenge: null,
  authorised: false,
  held: false,
  declined: null,
  capture: { status: 'none', attempt: 0, failure: null },
  voiding: { status: 'none', attempt: 0 },
  captured: 0,
  refunds: [],
} as const;

function changes(
  { capture, voiding, refunds }: RequestedPayment,
  event: Exclude<PaymentEvent, { type: 'PaymentRequested' }>,
): Partial<RequestedPayment> {
  switch (event.type) {
    case 'PaymentChallenged':
      return { reference: event.data.reference, challenge: { url: event.data.url } };
    case 'PaymentAuthorised': {
      const status = voiding.status === 'voided' ? 'none' : voiding.status;
      const held = capture.status !== 'captured';
      return { reference: event.data.reference, authorised: true, held, voiding: { ...voiding, status } };
    }
    case 'PaymentDeclined':
      return { declined: { ...event.data.reason, challenged: event.data.challenged } };
    case 'CaptureRequested':
      return { capture: { status: 'requested', attempt: event.data.attempt, failure: null } };
    case 'PaymentCaptured': {
      const { attempt, amount } = event.data;
      return { capture: { status: 'captured', attempt, failure: null }, captured: amount.amount, held: false };
    }
    case 'CaptureFailed':
      return { capture: { status: 'failed', attempt: event.data.attempt, failure: event.data.reason } };
    case 'VoidRequested':
      return { voiding: { status: 'requested', attempt: event.data.attempt } };
    case 'PaymentVoided':
      return { held: false, voiding: { status: 'voided', attempt: Math.max(1, voiding.attempt) } };
    case 'RefundRequested': {
      const { refundId, amount, reason, attempt } = event.data;
      return { refunds: withRefund(refunds, { refundId, amount, reason, attempt, status: 'requested' }) };
    }
    case 'RefundSettled':
      return { refunds: withStatus(refunds, event.data.refundId, 'settled') };
    case 'RefundFailed':
      return { refunds: withStatus(refunds, event.data.refundId, 'failed') };
    default:
      return unreachable(event);
  }
}

function withRefund(refunds: readonly Refund[], refund: Refund): readonly Refund[] {
  const known = refunds.some(({ refundId }) => refundId === refund.refundId);
  return known ? refunds.map((other) => (other.refundId === refund.refundId ? refund : other)) : [...refunds, refund];
}

function withStatus(refunds: readonly Refund[], refundId: string, status: Refund['status']): readonly Refund[] {
  return refunds.map((refund) => (refund.refundId === refundId ? { ...refund, status } : refund));
}
