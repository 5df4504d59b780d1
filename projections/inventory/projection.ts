/** Stock by variant, with what was sold of it: one row per variant. */
import { defineProjection, must, type ProjectedEvent } from '../runtime/types.ts';

export type InventoryRow = {
  readonly variant_id: string;
  /** Null until the stock was opened or received: only then the log says whose it is. */
  readonly product_id: string | null;
  readonly seller_id: string | null;
  readonly on_hand: number;
  readonly reserved: number;
  /** Committed less returned: feeds the bestselling sort. */
  readonly sold: number;
};

export type InventoryEventType =
  | 'StockOpened'
  | 'StockReceived'
  | 'StockAdjusted'
  | 'StockReserved'
  | 'ReservationReleased'
  | 'ReservationCommitted'
  | 'StockReturned';

/** These may be the first of their stream: stock is opened, comes, is counted, or a tombstone is left. */
const FIRST: ReadonlySet<string> = new Set(['StockOpened', 'StockReceived', 'StockAdjusted', 'ReservationReleased']);

export const inventoryProjection = defineProjection<InventoryEventType, InventoryRow>({
  name: 'inventory',
  version: 2,
  table: 'inventory',
  keyColumn: 'variant_id',
  category: 'inventory',
  columns: {
    variant_id: 'text',
    product_id: 'text',
    seller_id: 'text',
    on_hand: 'bigint',
    reserved: 'bigint',
    sold: 'bigint',
  },
  indexes: ['(product_id)', '(position)'],
  wants: [
    'StockOpened',
    'StockReceived',
    'StockAdjusted',
    'StockReserved',
    'ReservationReleased',
    'ReservationCommitted',
    'StockReturned',
  ],
  keys: (event) => [event.data.variantId],
  project(event, row, key) {
    const empty = { variant_id: key, product_id: null, seller_id: null, on_hand: 0, reserved: 0, sold: 0 };
    return next(event, FIRST.has(event.type) ? (row ?? empty) : must(row, event, key));
  },
});

function next(event: ProjectedEvent<InventoryEventType>, stock: InventoryRow): InventoryRow {
  const { on_hand, reserved, sold } = stock;
  switch (event.type) {
    case 'StockOpened': {
      const { productId, sellerId } = event.data;
      return { ...stock, product_id: productId, seller_id: sellerId };
    }
    case 'StockReceived': {
      const { productId, sellerId, quantity } = event.data;
      return { ...stock, product_id: productId, seller_id: sellerId, on_hand: on_hand + quantity };
    }
    case 'StockAdjusted':
      return { ...stock, on_hand: on_hand + event.data.delta };
    case 'StockReserved':
      return { ...stock, reserved: reserved + event.data.quantity };
    case 'ReservationReleased':
      return { ...stock, reserved: reserved - event.data.quantity };
    case 'ReservationCommitted': {
      const { quantity } = event.data;
      return { ...stock, on_hand: on_hand - quantity, reserved: reserved - quantity, sold: sold + quantity };
    }
    case 'StockReturned': {
      const { quantity } = event.data;
      return { ...stock, on_hand: on_hand + quantity, sold: sold - quantity };
    }
  }
}
