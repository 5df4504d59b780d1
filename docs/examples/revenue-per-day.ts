/** What was sold each day, and how long it took from placed to confirmed. Run: npx souk replay docs/examples/revenue-per-day.ts */
import type { Fold } from '../../cli/history/fold.ts';

type Placed = { readonly at: number; readonly day: string; readonly currency: string; readonly amount: number };
type Day = { orders: number; amount: number; seconds: number; longest: number };
type State = {
  /** Orders that are not decided yet: what is let go again keeps memory flat. */
  readonly open: Map<string, Placed>;
  /** By day and currency: amounts of two currencies are never added up. */
  readonly days: Map<string, Day>;
};

const revenue: Fold<State> = {
  initial: { open: new Map(), days: new Map() },

  evolve(state, event) {
    const at = Date.parse(event.metadata.occurredAt);
    switch (event.type) {
      case 'OrderPlaced': {
        const { orderId, quote } = event.data;
        const { amount, currency } = quote.totals.total;
        state.open.set(orderId, { at, day: event.metadata.occurredAt.slice(0, 10), amount, currency });
        break;
      }
      case 'OrderConfirmed': {
        const placed = state.open.get(event.data.orderId);
        if (placed) confirm(state.days, placed, (at - placed.at) / 1_000);
        state.open.delete(event.data.orderId);
        break;
      }
      case 'OrderRejected':
      case 'OrderCancelled':
        state.open.delete(event.data.orderId);
        break;
    }
    return state;
  },

  finish: ({ days }) =>
    [...days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { orders, amount, seconds, longest }]) => {
        const [day, currency] = key.split(' ');
        return { day, currency, orders, amount, secondsToConfirm: seconds / orders, longest };
      }),
};
export const { initial, evolve, finish } = revenue;

function confirm(days: Map<string, Day>, { day, currency, amount }: Placed, seconds: number): void {
  const key = `${day} ${currency}`;
  const sum = days.get(key) ?? { orders: 0, amount: 0, seconds: 0, longest: 0 };
  sum.orders += 1;
  sum.amount += amount;
  sum.seconds += seconds;
  sum.longest = Math.max(sum.longest, seconds);
  days.set(key, sum);
}
