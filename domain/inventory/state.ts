/**
 * Stock of one variant. Bounds: `MAX_RESERVATIONS` open reservations; tombstones live 90 s or so, one per order that
 * ended meanwhile.
 */
import type { Instant } from '../decider.ts';
import { type ByOrder, entryOf } from './by-order.ts';

/** Open reservations of one variant; more are refused as out of stock. */
export const MAX_RESERVATIONS = 10_000;

/** A reservation that ended: what was under way for its order must not take again. */
export type Tombstone = {
  readonly how: 'released' | 'sold' | 'returned';
  /** A reservation for this order could be under way until then. */
  readonly validUntil: Instant;
};

export type InventoryState = {
  readonly onHand: number;
  /** Sum of the open reservations; never above `onHand`. */
  readonly reserved: number;
  /** Open reservations: order id to quantity, grouped; read them with `reservationOf`. */
  readonly reservations: ByOrder<number>;
  /** Number of open reservations. */
  readonly open: number;
  /** Read them with `tombstoneOf`. */
  readonly ended: ByOrder<Tombstone>;
  /** When the next tombstone is due to be dropped; null: there is none. */
  readonly sweepAt: Instant | null;
  /** As the last receipt named them; null before the first. */
  readonly productId: string | null;
  readonly sellerId: string | null;
  readonly sku: string | null;
};

export const initialInventory: InventoryState = {
  onHand: 0,
  reserved: 0,
  reservations: {},
  open: 0,
  ended: {},
  sweepAt: null,
  productId: null,
  sellerId: null,
  sku: null,
};

/** Units that an order holds; undefined where it holds none (any more). */
export function reservationOf(state: InventoryState, orderId: string): number | undefined {
  return entryOf(state.reservations, orderId);
}

/** How an order's reservation ended, as long as that is remembered. */
export function tombstoneOf(state: InventoryState, orderId: string): Tombstone | undefined {
  return entryOf(state.ended, orderId);
}

/** Units that may still be reserved; never below 0. */
export function availableOf(state: InventoryState): number {
  return state.onHand - state.reserved;
}
