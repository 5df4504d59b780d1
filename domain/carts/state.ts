/** What a cart is to its own rules. Bounds: `MAX_CART_LINES` lines, `MAX_MERGED` merged carts, the terms of one order. */
import type { Instant } from '../decider.ts';
import type { OrderTerms } from '../orders/events.ts';
import type { CartLine } from './events.ts';

/** Ids of carts that were merged in, remembered so that none is merged twice. */
export const MAX_MERGED = 20;

export type Cart = {
  readonly status: 'open' | 'checked_out' | 'abandoned';
  readonly cartId: string;
  readonly buyerId: string | null;
  readonly cartTokenHash: string | null;
  readonly lines: readonly CartLine[];
  /** While checked out: what its order is to be placed with. Otherwise null. */
  readonly terms: OrderTerms | null;
  /** The last order it was checked out for, given back or not. */
  readonly lastOrderId: string | null;
  readonly mergedFrom: readonly string[];
  /** Of an abandoned cart. */
  readonly mergedInto: string | null;
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
};

export type CartState = { readonly status: 'none' } | Cart;

export const initialCart: CartState = { status: 'none' };
