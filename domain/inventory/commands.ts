/** What can be asked of the stock of one variant. */
import type { Instant } from '../decider.ts';

type Variant = {
  readonly variantId: string;
  readonly productId: string;
  readonly sellerId: string;
  readonly sku: string | null;
};

export type InventoryCommand =
  /** The variant exists; does nothing where its stock is known already. */
  | (Variant & { readonly type: 'OpenStock' })
  | (Variant & { readonly type: 'ReceiveStock'; readonly quantity: number })
  /** Counted again; refused where what is left would not cover the reservations. */
  | { readonly type: 'AdjustStock'; readonly variantId: string; readonly delta: number; readonly reason: string }
  /** Natural key: the order. `validUntil` is 30 s after each issue; later it is refused. */
  | {
      readonly type: 'ReserveStock';
      readonly variantId: string;
      readonly orderId: string;
      readonly quantity: number;
      readonly validUntil: Instant;
    }
  /**
   * The order ended without this sale. `quantity` is the line's. `validUntil`: until when a reservation for this order
   * may still be under way. `soldBefore`: the order had been confirmed, so all its lines had been reserved, and what is
   * not reserved any more was sold and comes back. Its repeats after minutes are told by the command's id alone: do not
   * handle it with `naturalKey`.
   */
  | {
      readonly type: 'ReleaseReservation';
      readonly variantId: string;
      readonly orderId: string;
      readonly quantity: number;
      readonly validUntil: Instant;
      readonly soldBefore: boolean;
    }
  /** Sold. Natural key: the order. */
  | { readonly type: 'CommitReservation'; readonly variantId: string; readonly orderId: string }
  /** Goods came back from a buyer. Repeats are told by the command's id alone. */
  | {
      readonly type: 'ReturnStock';
      readonly variantId: string;
      readonly orderId: string;
      readonly quantity: number;
    };
