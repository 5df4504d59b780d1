/** Carts: one row per cart with its lines; names, images and stock are joined on read. */
import type { CartLine } from '../../domain/carts/events.ts';
import { defineProjection, must, type ProjectedEvent } from '../runtime/types.ts';

export type CartRow = {
  readonly cart_id: string;
  readonly buyer_id: string | null;
  readonly cart_token_hash: string | null;
  readonly status: 'open' | 'checked_out' | 'abandoned';
  readonly lines: readonly CartLine[];
  /** The order it went into, while it is checked out. */
  readonly order_id: string | null;
  readonly updated_at: string;
};

export type CartEventType =
  | 'CartOpened'
  | 'ItemAdded'
  | 'QuantityChanged'
  | 'ItemRemoved'
  | 'CartMerged'
  | 'CartCheckedOut'
  | 'CartReopened'
  | 'CartAbandoned';

export const cartsProjection = defineProjection<CartEventType, CartRow>({
  name: 'carts',
  version: 1,
  table: 'carts',
  keyColumn: 'cart_id',
  category: 'cart',
  columns: {
    cart_id: 'text',
    buyer_id: 'text',
    cart_token_hash: 'text',
    status: 'text',
    lines: 'jsonb',
    order_id: 'text',
    updated_at: 'text',
  },
  wants: [
    'CartOpened',
    'ItemAdded',
    'QuantityChanged',
    'ItemRemoved',
    'CartMerged',
    'CartCheckedOut',
    'CartReopened',
    'CartAbandoned',
  ],
  keys: (event) => [event.data.cartId],
  project(event, row, key) {
    const updated_at = event.metadata.occurredAt;
    if (event.type === 'CartOpened') {
      const { buyerId, cartTokenHash } = event.data;
      const owner = { buyer_id: buyerId, cart_token_hash: cartTokenHash };
      return { cart_id: key, ...owner, status: 'open', lines: [], order_id: null, updated_at };
    }
    return { ...changed(event, must(row, event, key)), updated_at };
  },
});

function changed(event: ProjectedEvent<Exclude<CartEventType, 'CartOpened'>>, cart: CartRow): CartRow {
  switch (event.type) {
    case 'ItemAdded':
      return { ...cart, lines: withLines(cart.lines, [event.data.line]) };
    case 'QuantityChanged': {
      const { variantId, quantity, unitPrice } = event.data;
      const change = (line: CartLine) => (line.variantId === variantId ? { ...line, quantity, unitPrice } : line);
      return { ...cart, lines: cart.lines.map(change) };
    }
    case 'ItemRemoved':
      return { ...cart, lines: cart.lines.filter((line) => line.variantId !== event.data.variantId) };
    case 'CartMerged':
      return { ...cart, lines: withLines(cart.lines, event.data.lines) };
    case 'CartCheckedOut':
      return { ...cart, status: 'checked_out', order_id: event.data.terms.orderId };
    case 'CartReopened':
      return { ...cart, status: 'open', order_id: null };
    case 'CartAbandoned':
      return { ...cart, status: 'abandoned' };
  }
}

/** Lines as they now are, in the order they first came in. */
function withLines(lines: readonly CartLine[], changed: readonly CartLine[]): readonly CartLine[] {
  const byVariant = new Map([...lines, ...changed].map((line) => [line.variantId, line]));
  return [...byVariant.values()];
}
