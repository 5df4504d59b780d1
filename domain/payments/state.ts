/** What is known of a payment: what we meant to do and what the gateway said. Bound: `MAX_REFUNDS` refunds. */
import type { Instant } from '../decider.ts';
import type { Money } from '../money.ts';
import type { PaymentMethod } from '../orders/events.ts';
import type { Sealed } from '../sealed.ts';
import type { Failure } from './events.ts';

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
