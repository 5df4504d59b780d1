/** The stock of a variant as a ledger: each event that moved it, with what was there after it. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { InventoryEvent } from '../../domain/inventory/events.ts';
import { availableOf } from '../../domain/inventory/state.ts';
import { type Explanation, type FormatPosition, factOf, type Seen, stateOf, summed } from './explanation.ts';

/** `events`: the whole stream of the variant's stock. */
export function explainStock(variantId: string, events: readonly Seen[], format: FormatPosition): Explanation {
  const state = stateOf(inventoryDecider, events);
  const moved = events.map((seen) => ({ seen, ...changeOf(seen.event as InventoryEvent) }));
  const figure = (name: string, value: number, change: (of: Moved) => number) => {
    const because = moved.filter((each) => change(each) !== 0);
    return summed(
      name,
      value,
      because.map((each) => factOf(each.seen, change(each), format, noteOf(each.seen.event as InventoryEvent))),
    );
  };
  return {
    subject: `stock of variant ${variantId}`,
    figures: [
      figure('onHand', state.onHand, ({ onHand }) => onHand),
      figure('reserved', state.reserved, ({ reserved }) => reserved),
      figure('available', availableOf(state), ({ onHand, reserved }) => onHand - reserved),
    ],
  };
}

type Moved = { readonly onHand: number; readonly reserved: number };

/** What an event says that it moves, whatever the state makes of it. */
function changeOf(event: InventoryEvent): Moved {
  switch (event.type) {
    case 'StockOpened':
      return { onHand: 0, reserved: 0 };
    case 'StockReceived':
    case 'StockReturned':
      return { onHand: event.data.quantity, reserved: 0 };
    case 'StockAdjusted':
      return { onHand: event.data.delta, reserved: 0 };
    case 'StockReserved':
      return { onHand: 0, reserved: event.data.quantity };
    case 'ReservationReleased':
      return { onHand: 0, reserved: -event.data.quantity };
    case 'ReservationCommitted':
      return { onHand: -event.data.quantity, reserved: -event.data.quantity };
  }
}

/** The order that it was for, or why it was counted again. */
function noteOf({ type, data }: InventoryEvent): string | undefined {
  if (type === 'StockAdjusted') return data.reason;
  return 'orderId' in data ? `order ${data.orderId}` : undefined;
}
