/**
 * Stock of one variant. Bounds: `MAX_RESERVATIONS` open reservations; tombstones live some 100 s, one per order that ended
 * meanwhile.
 */

import { type ById, entriesOf, entryOf, filterEntries, withEntry, withoutEntry } from '../by-id.ts';
import type { Happened, Instant } from '../decider.ts';
import { later } from '../instant.ts';
import { unreachable } from '../unreachable.ts';
import type { InventoryEvent } from './events.ts';

/** How long a command that takes may be under way. */
const TAKING_LIMIT_MS = 30_000;
/** Clocks differ: a tombstone outlives that by so much. */
const REMEMBER_MS = 60_000;
const SWEEP_EVERY_MS = 10_000;

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
  /** Open reservations: order id to quantity; read them with `reservationOf`. */
  readonly reservations: ById<number>;
  /** Number of open reservations. */
  readonly open: number;
  /** Read them with `tombstoneOf`. */
  readonly ended: ById<Tombstone>;
  /** When the next tombstone is due to be dropped; null: there is none. */
  readonly sweepAt: Instant | null;
  /** As the opening or the last receipt named them; null before. */
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

/** Folds one event into the stock. */
export function evolveInventory(before: InventoryState, event: Happened<InventoryEvent>): InventoryState {
  const state = sweep(before, event.at);
  const { onHand, reserved } = state;
  switch (event.type) {
    case 'StockOpened': {
      const { productId, sellerId, sku } = event.data;
      return { ...state, productId, sellerId, sku };
    }
    case 'StockReceived': {
      const { productId, sellerId, sku, quantity } = event.data;
      return { ...state, onHand: onHand + quantity, productId, sellerId, sku };
    }
    case 'StockAdjusted':
      return { ...state, onHand: onHand + event.data.delta };
    case 'StockReserved': {
      const { orderId, quantity } = event.data;
      const reservations = withEntry(state.reservations, orderId, quantity);
      return { ...state, reserved: reserved + quantity, reservations, open: state.open + 1 };
    }
    case 'ReservationReleased': {
      const { orderId, quantity, validUntil } = event.data;
      const ended = end(state, orderId, { how: 'released', validUntil });
      return { ...ended, reserved: reserved - quantity };
    }
    case 'ReservationCommitted': {
      const { orderId, quantity } = event.data;
      const ended = end(state, orderId, { how: 'sold', validUntil: later(event.at, TAKING_LIMIT_MS) });
      return { ...ended, onHand: onHand - quantity, reserved: reserved - quantity };
    }
    case 'StockReturned': {
      const { orderId, quantity } = event.data;
      const ended = end(state, orderId, { how: 'returned', validUntil: later(event.at, TAKING_LIMIT_MS) });
      return { ...ended, onHand: onHand + quantity };
    }
    default:
      return unreachable(event);
  }
}

/** Takes an order's reservation away, if there is one, and leaves a tombstone. */
function end(state: InventoryState, orderId: string, tombstone: Tombstone): InventoryState {
  const held = entryOf(state.reservations, orderId) !== undefined;
  const due = sweepTime(tombstone);
  return {
    ...state,
    reservations: held ? withoutEntry(state.reservations, orderId) : state.reservations,
    open: held ? state.open - 1 : state.open,
    ended: withEntry(state.ended, orderId, tombstone),
    sweepAt: state.sweepAt !== null && state.sweepAt < due ? state.sweepAt : due,
  };
}

/** Drops the tombstones that are over a minute past their time, all of them together once in ten seconds. */
function sweep(state: InventoryState, now: Instant): InventoryState {
  if (state.sweepAt === null || now <= state.sweepAt) return state;
  const oldest = later(now, -REMEMBER_MS);
  const ended = filterEntries(state.ended, ({ validUntil }) => validUntil >= oldest);
  let next: Tombstone | null = null;
  for (const [, tombstone] of entriesOf(ended)) {
    if (next === null || tombstone.validUntil < next.validUntil) next = tombstone;
  }
  return { ...state, ended, sweepAt: next && sweepTime(next) };
}

/** A minute past its time, rounded up to ten seconds: on a hot product a sweep per event would cost too much. */
function sweepTime({ validUntil }: Tombstone): Instant {
  const due = Date.parse(validUntil) + REMEMBER_MS;
  return new Date(Math.ceil(due / SWEEP_EVERY_MS) * SWEEP_EVERY_MS).toISOString();
}
