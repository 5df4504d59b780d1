/** What can be asked of an order. Its stream is the arbiter: of those who propose an end, one is heard. */
import type { OrderTerms, RejectionReason } from './events.ts';

export type CancellationReason = {
  readonly code: 'cancelled_by_buyer' | 'cancelled_by_staff' | 'payment_failed';
  readonly detail: string;
};

export type OrderCommand =
  /** A repeat does nothing; refused where the order was rejected before it was placed. */
  | { readonly type: 'PlaceOrder'; readonly terms: OrderTerms }
  /** All lines are reserved and the money is authorised. */
  | { readonly type: 'ConfirmOrder'; readonly orderId: string }
  /** Also before the order exists: it then never will. */
  | {
      readonly type: 'RejectOrder';
      readonly orderId: string;
      readonly cartId: string;
      readonly reason: RejectionReason;
    }
  /** From placed or confirmed. */
  | { readonly type: 'CancelOrder'; readonly orderId: string; readonly reason: CancellationReason };
