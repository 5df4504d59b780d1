/** The torture's verdict must be able to fail: each promise is broken once, on purpose. */
import { describe, expect, it } from '@jest/globals';
import type { LedgerLine } from '../../platform/payments/sandbox/ledger.ts';
import type { OrderBook } from './books.ts';
import { type Evidence, findFaults } from './verify.ts';

const order = (change: Partial<OrderBook> = {}): OrderBook => ({
  total: 1_000,
  paymentId: 'p1',
  lines: [{ variantId: 'v1', quantity: 2 }],
  end: 'confirmed',
  ...change,
});

const charged = (change: Partial<LedgerLine> = {}): LedgerLine => ({
  paymentId: 'p1',
  status: 'captured',
  currency: 'USD',
  amount: 1_000,
  held: 0,
  charges: 1,
  captured: 1_000,
  refunded: 0,
  ...change,
});

const stock = { received: 10, adjusted: 0, reserved: 0, committed: 2, returned: 0 };

type Change = {
  order?: OrderBook;
  ledger?: LedgerLine[];
  told?: string;
  stock?: typeof stock;
  shown?: string | null;
  onHand?: number | null;
};

function evidence(change: Change = {}): Evidence {
  const { shown = 'confirmed', onHand = 8 } = change;
  const orders = new Map([['o1', change.order ?? order()]]);
  return {
    books: { orders, stock: new Map([['v1', change.stock ?? stock]]), events: 1, faults: [] },
    ledger: change.ledger ?? [charged()],
    journal: { orders: new Map([['o1', { status: change.told ?? 'confirmed' }]]), counts: new Map(), resent: 0 },
    shownStock: onHand === null ? new Map() : new Map([['v1', { onHand, reserved: 0 }]]),
    shownOrders: shown === null ? new Map() : new Map([['o1', shown]]),
  };
}

describe('the verdict of the torture', () => {
  it('finds nothing where everything adds up', () => {
    expect(findFaults(evidence())).toEqual([]);
  });

  it.each<[string, Change]>([
    ['an order that was answered confirmed and is not', { order: order({ end: 'rejected' }), shown: 'rejected' }],
    ['an order that did not end', { order: order({ end: 'placed' }), told: 'placed', shown: 'placed' }],
    ['a confirmed order that was never charged', { ledger: [] }],
    ['a payment that was charged twice', { ledger: [charged({ charges: 2, captured: 2_000 })] }],
    ['a payment without an order', { ledger: [charged(), charged({ paymentId: 'p2' })] }],
    ['money still held', { ledger: [charged({ held: 1_000 })] }],
    [
      'a cancelled order that was not refunded',
      { order: order({ end: 'cancelled' }), told: 'cancelled', shown: 'cancelled' },
    ],
    ['units that stay reserved', { stock: { ...stock, reserved: 1 } }],
    ['more sold than there was', { stock: { ...stock, received: 1 } }],
    ['units that left without an order', { stock: { ...stock, committed: 3 } }],
    ['a read side that shows another stock', { onHand: 7 }],
    ['a read side that shows no stock', { onHand: null }],
    ['a read side that shows another status', { shown: 'placed' }],
    ['a read side that shows no order', { shown: null }],
  ])('finds %s', (_what, change) => {
    expect(findFaults(evidence(change))).not.toEqual([]);
  });

  it('finds a rejected order that is not shown: the checkout alone makes its row', () => {
    const rejected = {
      order: order({ end: 'rejected' }),
      told: 'rejected',
      ledger: [],
      stock: { ...stock, committed: 0 },
    };
    expect(findFaults(evidence({ ...rejected, onHand: 10, shown: 'rejected' }))).toEqual([]);
    expect(findFaults(evidence({ ...rejected, onHand: 10, shown: null }))).toEqual([
      'order o1 is rejected and not shown',
    ]);
  });

  it('finds an order that was answered and is not in the log', () => {
    const { journal, ...rest } = evidence();
    journal.orders.set('o2', { status: 'confirmed' });
    expect(findFaults({ ...rest, journal })).toEqual([expect.stringContaining('not in the log')]);
  });
});
