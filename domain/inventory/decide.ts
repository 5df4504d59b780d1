/**
 * The rules of stock: never below zero, never sold twice. A reservation has no clock of its own: it ends by commit or
 * release, after the order's decision.
 */
import type { Decider, Decision, Instant } from '../decider.ts';
import { reject } from '../rejection.ts';
import { unreachable } from '../unreachable.ts';
import type { InventoryCommand } from './commands.ts';
import type { InventoryEvent } from './events.ts';
import {
  availableOf,
  evolveInventory,
  type InventoryState,
  initialInventory,
  MAX_RESERVATIONS,
  reservationOf,
  tombstoneOf,
} from './state.ts';

/** Units of one variant on the shelf. */
export const MAX_ON_HAND = 1_000_000_000;

export const inventoryDecider: Decider<InventoryState, InventoryCommand, InventoryEvent> = {
  category: 'inventory',
  stateVersion: 1,
  initialState: initialInventory,
  evolve: evolveInventory,
  decide,
};

function decide(command: InventoryCommand, state: InventoryState, now: Instant): Decision<InventoryEvent> {
  switch (command.type) {
    case 'OpenStock': {
      const { type: _, ...data } = command;
      return state.productId === null ? [{ type: 'StockOpened', data }] : [];
    }
    case 'ReceiveStock': {
      const { type: _, ...data } = command;
      return tooMuch(state, data.quantity, '/quantity') ?? [{ type: 'StockReceived', data }];
    }
    case 'AdjustStock':
      return adjust(command, state);
    case 'ReserveStock':
      return reserve(command, state, now);
    case 'ReleaseReservation':
      return release(command, state);
    case 'CommitReservation': {
      const { variantId, orderId } = command;
      const quantity = reservationOf(state, orderId);
      // Not there: it was committed before, or released because the order was cancelled after it was confirmed.
      return quantity === undefined ? [] : [{ type: 'ReservationCommitted', data: { variantId, orderId, quantity } }];
    }
    case 'ReturnStock': {
      const { type: _, ...data } = command;
      return [{ type: 'StockReturned', data }];
    }
    default:
      return unreachable(command);
  }
}

function adjust(
  { variantId, delta, reason }: Extract<InventoryCommand, { type: 'AdjustStock' }>,
  state: InventoryState,
): Decision<InventoryEvent> {
  if (delta === 0) return [];
  if (state.onHand + delta < state.reserved) {
    const detail = `${state.reserved} of ${state.onHand} are reserved for orders: take away ${availableOf(state)} at most.`;
    return reject('below_reserved', detail, { pointer: '/delta', extra: { available: availableOf(state) } });
  }
  return tooMuch(state, delta, '/delta') ?? [{ type: 'StockAdjusted', data: { variantId, delta, reason } }];
}

function reserve(
  { variantId, orderId, quantity, validUntil }: Extract<InventoryCommand, { type: 'ReserveStock' }>,
  state: InventoryState,
  now: Instant,
): Decision<InventoryEvent> {
  const tombstone = tombstoneOf(state, orderId);
  // A late repeat of what took effect, and may have been sold since: taking again would lose the units for good.
  if (reservationOf(state, orderId) !== undefined || tombstone?.how === 'sold') return [];
  if (tombstone) {
    return reject('reservation_released', 'This order has ended: nothing can be reserved for it any more.');
  }
  if (now > validUntil) return reject('reservation_expired', 'This reservation comes too late: ask for it again.');
  const available = state.open >= MAX_RESERVATIONS ? 0 : availableOf(state);
  if (quantity > available) {
    const detail = available > 0 ? `Only ${available} left: take fewer.` : 'Sold out: come back later.';
    return reject('out_of_stock', detail, { extra: { variantId, available } });
  }
  return [{ type: 'StockReserved', data: { variantId, orderId, quantity } }];
}

/** Leaves a mark even where nothing was reserved: a reservation under way must find it. */
function release(
  command: Extract<InventoryCommand, { type: 'ReleaseReservation' }>,
  state: InventoryState,
): Decision<InventoryEvent> {
  const { variantId, orderId, quantity, validUntil, soldBefore } = command;
  const held = reservationOf(state, orderId);
  const how = tombstoneOf(state, orderId)?.how;
  if (held !== undefined) {
    return [{ type: 'ReservationReleased', data: { variantId, orderId, quantity: held, validUntil } }];
  }
  if (how === 'released' || how === 'returned') return [];
  if (soldBefore || how === 'sold') return [{ type: 'StockReturned', data: { variantId, orderId, quantity } }];
  return [{ type: 'ReservationReleased', data: { variantId, orderId, quantity: 0, validUntil } }];
}

function tooMuch(state: InventoryState, more: number, pointer: string) {
  if (state.onHand + more <= MAX_ON_HAND) return null;
  const detail = `At most ${MAX_ON_HAND} units of a variant can be on hand: correct the number.`;
  return reject('quantity_too_large', detail, { kind: 'invalid', pointer });
}
