/** What can be asked of a cart. */
import type { Instant } from '../decider.ts';
import type { Money } from '../money.ts';
import type { OrderTerms } from '../orders/events.ts';
import type { CartLine } from './events.ts';

export type CartCommand =
  /** A guest's cart has no buyer and the hash of its token. A repeat does nothing. */
  | {
      readonly type: 'OpenCart';
      readonly cartId: string;
      readonly buyerId: string | null;
      readonly cartTokenHash: string | null;
    }
  /** `line.quantity` is what is added; it adds up with what the cart has of that variant. */
  | { readonly type: 'AddItem'; readonly cartId: string; readonly line: CartLine }
  /** 0 removes. `unitPrice` is today's price, recorded with the change; unused with 0. */
  | {
      readonly type: 'ChangeQuantity';
      readonly cartId: string;
      readonly variantId: string;
      readonly quantity: number;
      readonly unitPrice: Money;
    }
  | { readonly type: 'RemoveItem'; readonly cartId: string; readonly variantId: string }
  /**
   * Takes in another cart's lines, after that cart agreed to it with `MergeInto`. Quantities add up to 999 at most.
   * Natural key: `fromCartId`, among the last twenty.
   */
  | {
      readonly type: 'MergeCart';
      readonly cartId: string;
      readonly fromCartId: string;
      readonly lines: readonly CartLine[];
    }
  /** Asked of the cart that is merged into another: it is abandoned, and keeps its lines to be read. */
  | { readonly type: 'MergeInto'; readonly cartId: string; readonly intoCartId: string }
  /**
   * Abandons a guest's open cart that nobody touched since then; does nothing to any other: whoever asked may have looked
   * before it was touched, checked out or merged.
   */
  | { readonly type: 'ExpireCart'; readonly cartId: string; readonly untouchedSince: Instant }
  /** The cart is its order's from now on. Natural key: `terms.orderId`. */
  | { readonly type: 'CheckOut'; readonly cartId: string; readonly terms: OrderTerms }
  /** The order was rejected and gives the cart back; does nothing unless that order holds it. */
  | { readonly type: 'ReopenCart'; readonly cartId: string; readonly orderId: string };
