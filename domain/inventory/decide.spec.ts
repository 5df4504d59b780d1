/** The rules of stock. */
import { describe, expect, it } from '@jest/globals';
import { later } from '../instant.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import type { InventoryCommand } from './commands.ts';
import { inventoryDecider, MAX_ON_HAND } from './decide.ts';
import type { InventoryEvent } from './events.ts';
import { availableOf, MAX_RESERVATIONS, reservationOf, tombstoneOf } from './state.ts';

const variantId = id(21);
const names = { variantId, productId: id(20), sellerId: id(10), sku: 'B-1' };
const [first, second] = [id(40), id(41)];
const validUntil = later(NOW, 30_000);
const receive = (quantity: number): InventoryCommand => ({ type: 'ReceiveStock', ...names, quantity });
const received = (quantity: number): InventoryEvent => ({ type: 'StockReceived', data: { ...names, quantity } });
const adjust = (delta: number): InventoryCommand => ({ type: 'AdjustStock', variantId, delta, reason: 'count' });
const adjusted = (delta: number): InventoryEvent => ({
  type: 'StockAdjusted',
  data: { variantId, delta, reason: 'count' },
});
const reserve = (orderId: string, quantity: number): InventoryCommand => ({
  type: 'ReserveStock',
  variantId,
  orderId,
  quantity,
  validUntil,
});
const reserved = (orderId: string, quantity: number): InventoryEvent => ({
  type: 'StockReserved',
  data: { variantId, orderId, quantity },
});
const release = (orderId: string, quantity: number, soldBefore = false): InventoryCommand => ({
  type: 'ReleaseReservation',
  variantId,
  orderId,
  quantity,
  validUntil,
  soldBefore,
});
const released = (orderId: string, quantity: number): InventoryEvent => ({
  type: 'ReservationReleased',
  data: { variantId, orderId, quantity, validUntil },
});
const commit = (orderId: string): InventoryCommand => ({ type: 'CommitReservation', variantId, orderId });
const committed = (orderId: string, quantity: number): InventoryEvent => ({
  type: 'ReservationCommitted',
  data: { variantId, orderId, quantity },
});
const returned = (orderId: string, quantity: number): InventoryEvent => ({
  type: 'StockReturned',
  data: { variantId, orderId, quantity },
});

describe('stock', () => {
  it('is opened with the variant, once', () => {
    const opened: InventoryEvent = { type: 'StockOpened', data: names };
    given(inventoryDecider)
      .when({ type: 'OpenStock', ...names })
      .gives(opened);
    given(inventoryDecider, [opened])
      .when({ type: 'OpenStock', ...names })
      .changesNothing();
    given(inventoryDecider, [received(1)])
      .when({ type: 'OpenStock', ...names })
      .changesNothing();
  });
  it('is received', () => given(inventoryDecider).when(receive(5)).gives(received(5)));
  it('is received up to a limit', () => {
    const full = { ...inventoryDecider.initialState, onHand: MAX_ON_HAND };
    const refusal = { code: 'quantity_too_large', kind: 'invalid', pointer: '/quantity' };
    expect(inventoryDecider.decide(receive(1), full, NOW)).toMatchObject(refusal);
    expect(inventoryDecider.decide(adjust(1), full, NOW)).toMatchObject({ ...refusal, pointer: '/delta' });
  });
  it('is adjusted upwards', () =>
    given(inventoryDecider, [received(5)])
      .when(adjust(2))
      .gives(adjusted(2)));
  it('is adjusted down to what is reserved', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(adjust(-3))
      .gives(adjusted(-3)));
  it('is not adjusted below what is reserved', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(adjust(-4))
      .isRefused('below_reserved'));
  it('is not adjusted below zero', () => given(inventoryDecider).when(adjust(-1)).isRefused('below_reserved'));
  it('is not adjusted by nothing', () =>
    given(inventoryDecider, [received(5)])
      .when(adjust(0))
      .changesNothing());
  it('comes back from buyers, as often as they send', () => {
    const command: InventoryCommand = { type: 'ReturnStock', variantId, orderId: first, quantity: 1 };
    const events = [received(5), reserved(first, 2), committed(first, 2)];
    given(inventoryDecider, events).when(command).gives(returned(first, 1));
    given(inventoryDecider, [...events, returned(first, 1)])
      .when(command)
      .gives(returned(first, 1));
    expect(stateOf(inventoryDecider, [...events, returned(first, 1), returned(first, 1)])).toMatchObject({ onHand: 5 });
  });
});

describe('reserving', () => {
  it('takes what is available, to the last unit', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(reserve(second, 3))
      .gives(reserved(second, 3)));
  it('is refused beyond what is available, and says how much there is', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(reserve(second, 4))
      .isRefused('out_of_stock', { extra: { available: 3 } }));
  it('is refused where there never was any', () =>
    given(inventoryDecider)
      .when(reserve(first, 1))
      .isRefused('out_of_stock', { extra: { available: 0 } }));
  it('changes nothing the second time, also where nothing is left', () =>
    given(inventoryDecider, [received(2), reserved(first, 2)])
      .when(reserve(first, 2))
      .changesNothing());
  it('changes nothing the second time, also after its time', () =>
    given(inventoryDecider, [received(2), reserved(first, 2)])
      .when(reserve(first, 2), later(validUntil, 1))
      .changesNothing());
  it('changes nothing where the reservation has been sold since', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2)])
      .when(reserve(first, 2))
      .changesNothing());
  it('takes at the last moment', () =>
    given(inventoryDecider, [received(5)])
      .when(reserve(first, 1), validUntil)
      .gives(reserved(first, 1)));
  it('is refused after its time', () =>
    given(inventoryDecider, [received(5)])
      .when(reserve(first, 1), later(validUntil, 1))
      .isRefused('reservation_expired'));
  it('is refused after its release, though it never arrived before', () =>
    given(inventoryDecider, [received(5), released(first, 0)])
      .when(reserve(first, 1))
      .isRefused('reservation_released'));
  it('is refused after it was released', () =>
    given(inventoryDecider, [received(5), reserved(first, 1), released(first, 1)])
      .when(reserve(first, 1))
      .isRefused('reservation_released'));
  it('is refused after what was sold came back', () =>
    given(inventoryDecider, [received(5), returned(first, 1)])
      .when(reserve(first, 1))
      .isRefused('reservation_released'));
  it('is refused where too many orders hold some already', () => {
    const busy = { ...stateOf(inventoryDecider, [received(5)]), open: MAX_RESERVATIONS };
    expect(inventoryDecider.decide(reserve(first, 1), busy, NOW)).toMatchObject({ code: 'out_of_stock' });
  });
});

describe('releasing', () => {
  it('frees what was reserved', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(release(first, 2))
      .gives(released(first, 2)));
  it('frees what was reserved also where the order had been confirmed', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(release(first, 2, true))
      .gives(released(first, 2)));
  it('leaves a mark where nothing was reserved', () =>
    given(inventoryDecider, [received(5)])
      .when(release(first, 2))
      .gives(released(first, 0)));
  it('leaves one mark', () =>
    given(inventoryDecider, [received(5), released(first, 0)])
      .when(release(first, 2))
      .changesNothing());
  it('changes nothing the second time', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), released(first, 2)])
      .when(release(first, 2))
      .changesNothing());
  it('changes nothing the second time, also where the order had been confirmed', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), released(first, 2)])
      .when(release(first, 2, true))
      .changesNothing());
  it('brings back what was sold', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2)])
      .when(release(first, 2, true))
      .gives(returned(first, 2)));
  it('brings back what is known to be sold, whatever the caller thinks', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2)])
      .when(release(first, 2))
      .gives(returned(first, 2)));
  it('brings back what was sold so long ago that only the caller knows', () =>
    given(inventoryDecider, [received(5)])
      .when(release(first, 2, true))
      .gives(returned(first, 2)));
  it('brings it back once', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2), returned(first, 2)])
      .when(release(first, 2, true))
      .changesNothing());
});

describe('committing', () => {
  it('sells what was reserved', () =>
    given(inventoryDecider, [received(5), reserved(first, 2)])
      .when(commit(first))
      .gives(committed(first, 2)));
  it('changes nothing the second time', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2)])
      .when(commit(first))
      .changesNothing());
  it('changes nothing after a release', () =>
    given(inventoryDecider, [received(5), reserved(first, 2), released(first, 2)])
      .when(commit(first))
      .changesNothing());
});

describe('the state of stock', () => {
  it('counts what is on hand, reserved and available', () => {
    const state = stateOf(inventoryDecider, [received(5), reserved(first, 2), reserved(second, 1), adjusted(-1)]);
    expect(state).toMatchObject({ onHand: 4, reserved: 3, open: 2, productId: id(20), sku: 'B-1' });
    expect(availableOf(state)).toBe(1);
    expect(reservationOf(state, first)).toBe(2);
  });
  it('takes what was sold off the shelf and out of the reservations', () => {
    const state = stateOf(inventoryDecider, [received(5), reserved(first, 2), committed(first, 2)]);
    expect(state).toMatchObject({ onHand: 3, reserved: 0, open: 0 });
    expect(reservationOf(state, first)).toBeUndefined();
  });
  const whenAsked = (seconds: number) =>
    stateOf(inventoryDecider, [
      received(5),
      released(first, 0),
      { ...received(1), at: later(validUntil, seconds * 1000) },
    ]);
  it('remembers a release for a minute after its time', () =>
    expect(tombstoneOf(whenAsked(60), first)).toEqual({ how: 'released', validUntil }));
  it('forgets it at the first event afterwards, of whatever kind', () => {
    expect(tombstoneOf(whenAsked(71), first)).toBeUndefined();
    expect(whenAsked(71).sweepAt).toBeNull();
  });
  it('keeps younger marks when it drops older ones', () => {
    const young = {
      ...released(second, 0),
      data: { ...released(second, 0).data, validUntil: later(validUntil, 60_000) },
    };
    const events = [released(first, 0), young as InventoryEvent, { ...received(1), at: later(validUntil, 71_000) }];
    const state = stateOf(inventoryDecider, events);
    expect(tombstoneOf(state, first)).toBeUndefined();
    expect(tombstoneOf(state, second)).toBeDefined();
  });
});
