/** What must hold after any number of crashes: the log's books, the gateway's ledger and what clients were told agree. */
import type { LedgerLine } from '../../platform/payments/sandbox/ledger.ts';
import type { Books, OrderBook, StockBook } from './books.ts';
import type { Journal } from './shopper.ts';

export type Evidence = {
  readonly books: Books;
  readonly ledger: readonly LedgerLine[];
  readonly journal: Journal;
  /** What the read side shows, by variant. */
  readonly shownStock: ReadonlyMap<string, { readonly onHand: number; readonly reserved: number }>;
  /** What the read side shows, by order. */
  readonly shownOrders: ReadonlyMap<string, string>;
};

/** Every promise that does not hold, in words; none: all hold. */
export function findFaults(evidence: Evidence): string[] {
  return [
    ...evidence.books.faults,
    ...toldAndTrue(evidence),
    ...everyOrderEnds(evidence),
    ...moneyMatches(evidence),
    ...stockAddsUp(evidence),
  ];
}

function toldAndTrue({ books, journal }: Evidence): string[] {
  const faults: string[] = [];
  for (const [orderId, told] of journal.orders) {
    const order = books.orders.get(orderId);
    if (!order) faults.push(`order ${orderId} was answered (${told.status}) and is not in the log`);
    else if (told.status === 'confirmed' && order.end !== 'confirmed')
      faults.push(`order ${orderId} was answered confirmed and is ${order.end}`);
    else if (told.status === 'rejected' && order.end !== 'rejected')
      faults.push(`order ${orderId} was answered rejected and is ${order.end}`);
    else if (told.status === 'cancelled' && order.end !== 'cancelled')
      faults.push(`order ${orderId} was answered cancelled and is ${order.end}`);
  }
  return faults;
}

function everyOrderEnds({ books, shownOrders }: Evidence): string[] {
  const faults: string[] = [];
  for (const [orderId, { end }] of books.orders) {
    if (end === 'placed') faults.push(`order ${orderId} did not end`);
    // The checkout alone makes the row: also an order that was rejected before it was placed is shown.
    const shown = shownOrders.get(orderId);
    if (shown === undefined) faults.push(`order ${orderId} is ${end} and not shown`);
    else if (shown !== end) faults.push(`order ${orderId} is ${end} and shown as ${shown}`);
  }
  return faults;
}

function moneyMatches({ books, ledger }: Evidence): string[] {
  const faults: string[] = [];
  const byPayment = new Map([...books.orders.values()].map((order) => [order.paymentId, order]));
  for (const line of ledger) {
    const order = byPayment.get(line.paymentId);
    const kept = line.captured - line.refunded;
    if (!order && (kept > 0 || line.held > 0)) faults.push(`payment ${line.paymentId} has money and no order`);
    if (order) faults.push(...moneyOf(order, line));
  }
  const charged = new Set(ledger.filter(({ captured }) => captured > 0).map(({ paymentId }) => paymentId));
  for (const [orderId, order] of books.orders) {
    if (order.end === 'confirmed' && order.total > 0 && !charged.has(order.paymentId))
      faults.push(`order ${orderId} is confirmed and was never charged`);
  }
  return faults;
}

function moneyOf(order: OrderBook, line: LedgerLine): string[] {
  const faults: string[] = [];
  const due = order.end === 'confirmed' ? order.total : 0;
  const kept = line.captured - line.refunded;
  if (line.charges > 1) faults.push(`payment ${line.paymentId} was charged ${line.charges} times`);
  if (kept !== due) faults.push(`payment ${line.paymentId} of a ${order.end} order keeps ${kept}, due are ${due}`);
  if (line.held > 0) faults.push(`payment ${line.paymentId} of a ${order.end} order still holds ${line.held}`);
  return faults;
}

function stockAddsUp({ books, shownStock }: Evidence): string[] {
  const faults: string[] = [];
  const sold = unitsSold(books.orders.values());
  for (const [variantId, book] of books.stock) {
    const onHand = onHandOf(book);
    const shown = shownStock.get(variantId);
    if (book.reserved !== 0) faults.push(`variant ${variantId} has ${book.reserved} reserved and every order ended`);
    if (onHand < 0) faults.push(`variant ${variantId} is oversold: ${onHand} on hand`);
    if (book.committed - book.returned !== (sold.get(variantId) ?? 0))
      faults.push(
        `variant ${variantId}: orders took ${sold.get(variantId) ?? 0}, stock gave ${book.committed - book.returned}`,
      );
    if (!shown) faults.push(`variant ${variantId} has ${onHand}/${book.reserved} and is not shown`);
    else if (shown.onHand !== onHand || shown.reserved !== book.reserved)
      faults.push(`variant ${variantId} has ${onHand}/${book.reserved} and is shown ${shown.onHand}/${shown.reserved}`);
  }
  return faults;
}

function onHandOf(book: StockBook): number {
  return book.received + book.adjusted - book.committed + book.returned;
}

function unitsSold(orders: Iterable<OrderBook>): Map<string, number> {
  const sold = new Map<string, number>();
  for (const order of orders) {
    if (order.end !== 'confirmed') continue;
    for (const { variantId, quantity } of order.lines) sold.set(variantId, (sold.get(variantId) ?? 0) + quantity);
  }
  return sold;
}
