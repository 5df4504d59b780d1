/** Whatever is asked in whatever order, and however often: stock is never negative and every unit is accounted for. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entriesOf } from '../by-id.ts';
import type { Happened } from '../decider.ts';
import { later } from '../instant.ts';
import { NOW, play } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import type { InventoryCommand } from './commands.ts';
import { inventoryDecider } from './decide.ts';
import type { InventoryEvent } from './events.ts';
import { availableOf } from './state.ts';

const variantId = id(21);
const names = { variantId, productId: id(20), sellerId: id(10), sku: null };
const quantity = fc.integer({ min: 1, max: 5 });
const orderId = fc.integer({ min: 1, max: 6 }).map(id);

/** Lines are of one quantity per order, as in the shop. */
const ofOrder = orderId.map((order) => ({ variantId, orderId: order, quantity: (order.charCodeAt(35) % 3) + 1 }));

const steps = fc.array(
  fc.record({
    seconds: fc.integer({ min: 0, max: 200 }),
    ask: fc.oneof(
      quantity.map(
        (q): Ask =>
          () => ({ type: 'ReceiveStock', ...names, quantity: q }),
      ),
      fc.integer({ min: -5, max: 5 }).map(
        (delta): Ask =>
          () => ({ type: 'AdjustStock', variantId, delta, reason: 'x' }),
      ),
      ofOrder.map(
        (line): Ask =>
          (now) => ({ type: 'ReserveStock', ...line, validUntil: later(now, 30_000) }),
      ),
      fc.tuple(ofOrder, fc.integer({ min: -60, max: 60 })).map(
        ([line, late]): Ask =>
          (now) => ({ type: 'ReserveStock', ...line, validUntil: later(now, late * 1000) }),
      ),
      ofOrder.map(
        (line): Ask =>
          (now) => ({
            type: 'ReleaseReservation',
            ...line,
            validUntil: later(now, 30_000),
            soldBefore: false,
          }),
      ),
      ofOrder.map(
        ({ orderId: order }): Ask =>
          () => ({ type: 'CommitReservation', variantId, orderId: order }),
      ),
    ),
  }),
  { maxLength: 80 },
);
type Ask = (now: string) => InventoryCommand;

function run(plan: readonly { seconds: number; ask: Ask }[]) {
  let now = NOW;
  const commands = plan.map(({ seconds, ask }) => {
    now = later(now, seconds * 1000);
    return { command: ask(now), now };
  });
  return play(inventoryDecider, commands);
}

function total(events: readonly Happened<InventoryEvent>[], type: InventoryEvent['type']): number {
  return events.reduce(
    (sum, event) => (event.type === type && 'quantity' in event.data ? sum + event.data.quantity : sum),
    0,
  );
}

describe('stock', () => {
  it('is never negative, and never less than what is reserved, after any event', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const { events } = run(plan);
        let state = inventoryDecider.initialState;
        for (const event of events) {
          state = inventoryDecider.evolve(state, event);
          expect(state.reserved).toBeGreaterThanOrEqual(0);
          expect(availableOf(state)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is the sum of what came and went', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const { events, state } = run(plan);
        const adjustments = events.reduce(
          (sum, event) => (event.type === 'StockAdjusted' ? sum + event.data.delta : sum),
          0,
        );
        const came = total(events, 'StockReceived') + total(events, 'StockReturned') + adjustments;
        expect(state.onHand).toBe(came - total(events, 'ReservationCommitted'));
      }),
    );
  });

  it('has reserved what was taken and neither released nor sold, order by order', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const { events, state } = run(plan);
        const ended = total(events, 'ReservationReleased') + total(events, 'ReservationCommitted');
        expect(state.reserved).toBe(total(events, 'StockReserved') - ended);
        const open = [...entriesOf(state.reservations)].map(([, held]) => held);
        expect(open.reduce((sum, held) => sum + held, 0)).toBe(state.reserved);
        expect(open).toHaveLength(state.open);
      }),
    );
  });

  it('is reserved, and given free or sold, at most once per order where orders end within the minute', () => {
    const quick = steps.map((plan) => plan.map((step) => ({ ...step, seconds: step.seconds % 2 })));
    fc.assert(
      fc.property(quick, (plan) => {
        const { events } = run(plan.slice(0, 50));
        for (const order of [1, 2, 3, 4, 5, 6].map(id)) {
          const of = events.filter(({ data }) => 'orderId' in data && data.orderId === order);
          const count = (type: string) => of.filter((event) => event.type === type).length;
          expect(count('StockReserved')).toBeLessThanOrEqual(1);
          expect(count('ReservationReleased') + count('ReservationCommitted')).toBeLessThanOrEqual(1);
          expect(count('StockReturned')).toBeLessThanOrEqual(count('ReservationCommitted'));
        }
      }),
    );
  });

  it('keeps a state that is plain JSON', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const { state } = run(plan);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
