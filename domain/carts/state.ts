/** What a cart is to its own rules. Bounds: `MAX_CART_LINES` lines, `MAX_MERGED` merged carts, the terms of one order. */
import type { Happened, Instant } from '../decider.ts';
import type { OrderTerms } from '../orders/events.ts';
import { unreachable } from '../unreachable.ts';
import type { CartEvent, CartLine } from './events.ts';

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
  /** Of a cart that was abandoned for another one; null where it expired. */
  readonly mergedInto: string | null;
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
};

export type CartState = { readonly status: 'none' } | Cart;

export const initialCart: CartState = { status: 'none' };

/** Folds one event into the cart. */
export function evolveCart(state: CartState, event: Happened<CartEvent>): CartState {
  if (event.type === 'CartOpened') {
    const nothing = { lines: [], terms: null, lastOrderId: null, mergedFrom: [], mergedInto: null };
    return { status: 'open', ...event.data, ...nothing, openedAt: event.at, updatedAt: event.at };
  }
  return state.status === 'none' ? state : { ...state, ...changes(state, event), updatedAt: event.at };
}

function changes({ lines, mergedFrom }: Cart, event: Exclude<CartEvent, { type: 'CartOpened' }>): Partial<Cart> {
  switch (event.type) {
    case 'ItemAdded':
      return { lines: withLine(lines, event.data.line) };
    case 'QuantityChanged': {
      const { variantId, quantity, unitPrice } = event.data;
      return {
        lines: lines.map((line) => (line.variantId === variantId ? { ...line, quantity, unitPrice } : line)),
      };
    }
    case 'ItemRemoved':
      return { lines: lines.filter(({ variantId }) => variantId !== event.data.variantId) };
    case 'CartMerged':
      return {
        lines: event.data.lines.reduce(withLine, lines),
        mergedFrom: [...mergedFrom, event.data.fromCartId].slice(-MAX_MERGED),
      };
    case 'CartCheckedOut':
      return { status: 'checked_out', terms: event.data.terms, lastOrderId: event.data.terms.orderId };
    case 'CartReopened':
      return { status: 'open', terms: null };
    case 'CartAbandoned':
      return { status: 'abandoned', mergedInto: event.data.mergedInto };
    default:
      return unreachable(event);
  }
}

/** Replaces the line of the same variant in its place, or appends. */
function withLine(lines: readonly CartLine[], line: CartLine): readonly CartLine[] {
  const known = lines.some(({ variantId }) => variantId === line.variantId);
  return known ? lines.map((other) => (other.variantId === line.variantId ? line : other)) : [...lines, line];
}
