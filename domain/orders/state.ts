/** The life of an order, as far as it decides about it. Bound: the terms of at most 100 lines. */
import type { Happened, Instant } from '../decider.ts';
import { unreachable } from '../unreachable.ts';
import type { CancellationReason } from './commands.ts';
import type { OrderEvent, OrderTerms, RejectionReason } from './events.ts';

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

/** Folds one event into the order. */
export function evolveOrder(state: OrderState, event: Happened<OrderEvent>): OrderState {
  const updatedAt = event.at;
  const terms = termsOf(state);
  switch (event.type) {
    case 'OrderPlaced':
      return { status: 'placed', terms: event.data, updatedAt };
    case 'OrderConfirmed':
      return terms ? { status: 'confirmed', terms, updatedAt } : state;
    case 'OrderRejected': {
      const { cartId, reason } = event.data;
      return { status: 'rejected', terms, cartId, reason, updatedAt };
    }
    case 'OrderCancelled': {
      const { wasConfirmed, reason } = event.data;
      return terms ? { status: 'cancelled', terms, wasConfirmed, reason, updatedAt } : state;
    }
    default:
      return unreachable(event);
  }
}

/** What the order is made of; null before it was placed. */
export function termsOf(state: OrderState): OrderTerms | null {
  return state.status === 'none' ? null : state.terms;
}
