/** The steps of the checkout process, by name: what the pure part proposes and the running part does. */
import type { Instant } from '../../domain/decider.ts';
import type { Money } from '../../domain/money.ts';
import type { OrderTerms, RejectionReason } from '../../domain/orders/events.ts';

export type Step =
  | { readonly do: 'place'; readonly terms: OrderTerms }
  | { readonly do: 'reserve'; readonly variantId: string; readonly quantity: number }
  | { readonly do: 'request-payment'; readonly terms: OrderTerms }
  /** Gateway: hold the money. */
  | { readonly do: 'authorise' }
  /** Gateway: what came of it? */
  | { readonly do: 'ask' }
  | { readonly do: 'confirm' }
  | { readonly do: 'commit'; readonly variantId: string }
  | { readonly do: 'request-capture' }
  /** Gateway: take the money. */
  | { readonly do: 'capture'; readonly attempt: number }
  | { readonly do: 'reject'; readonly reason: RejectionReason }
  /** The money could not be taken after all. */
  | { readonly do: 'cancel'; readonly detail: string }
  | {
      readonly do: 'release';
      readonly variantId: string;
      readonly quantity: number;
      readonly soldBefore: boolean;
      /** When the order ended. */
      readonly endedAt: Instant;
    }
  | { readonly do: 'close-payment' }
  | { readonly do: 'request-void'; readonly attempt: number }
  /** Gateway: give back what is held. */
  | { readonly do: 'void'; readonly attempt: number }
  | { readonly do: 'request-refund'; readonly refundId: string; readonly amount: Money; readonly attempt: number }
  /** Gateway: give back what was taken. */
  | { readonly do: 'refund'; readonly refundId: string; readonly amount: Money; readonly attempt: number }
  | { readonly do: 'reopen-cart'; readonly cartId: string };

export type Next = {
  /** They may run at the same time. */
  readonly steps: readonly Step[];
  readonly wakeAt: Instant | null;
};

/** Names a step within its order: each is run once per run, and its command's id follows from it. */
export function stepKey(step: Step): string {
  switch (step.do) {
    case 'reserve':
    case 'release':
    case 'commit':
      return `${step.do}:${step.variantId}`;
    case 'capture':
    case 'request-void':
    case 'void':
      return `${step.do}:${step.attempt}`;
    case 'request-refund':
    case 'refund':
      return `${step.do}:${step.refundId}:${step.attempt}`;
    case 'reject':
      return `${step.do}:${step.reason.code}`;
    default:
      return step.do;
  }
}
