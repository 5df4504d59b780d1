/** The life of an order, as far as it decides about it. Bound: the terms of at most 100 lines. */
import type { Instant } from '../decider.ts';
import type { CancellationReason } from './commands.ts';
import type { OrderTerms, RejectionReason } from './events.ts';

export type OrderState =
  | { readonly status: 'none' }
  | { readonly status: 'placed'; readonly terms: OrderTerms; readonly updatedAt: Instant }
  | { readonly status: 'confirmed'; readonly terms: OrderTerms; readonly updatedAt: Instant }
  /** `terms` is null where the order was rejected before it was placed. */
  | {
      readonly status: 'rejected';
      readonly terms: OrderTerms | null;
      readonly cartId: string;
      readonly reason: RejectionReason;
      readonly updatedAt: Instant;
    }
  | {
      readonly status: 'cancelled';
      readonly terms: OrderTerms;
      /** What was reserved may have been sold, what was authorised may have been captured. */
      readonly wasConfirmed: boolean;
      readonly reason: CancellationReason;
      readonly updatedAt: Instant;
    };

export const initialOrder: OrderState = { status: 'none' };
