/** The books of a shop, added up from its log by hand: nothing here calls the code that wrote it. */
import type { EventStore, Position, StoredEvent } from '../../event-store/port.ts';

export type OrderBook = {
  total: number;
  paymentId: string;
  lines: { variantId: string; quantity: number }[];
  /** `placed` until it ended. */
  end: 'placed' | 'confirmed' | 'rejected' | 'cancelled';
};

export type StockBook = {
  received: number;
  adjusted: number;
  reserved: number;
  committed: number;
  returned: number;
};

export type Books = {
  readonly orders: Map<string, OrderBook>;
  readonly stock: Map<string, StockBook>;
  readonly events: number;
  /** Places where the log is not what a log must be. */
  readonly faults: string[];
};

/** Reads the whole log. */
export async function readBooks(store: EventStore): Promise<Books> {
  const books = { orders: new Map(), stock: new Map(), events: 0, faults: [] as string[] };
  const revisions = new Map<string, number>();
  const ids = new Set<string>();
  let after: Position | null = null;
  for (;;) {
    const page = await store.readAll({ after, limit: 2_000 });
    for (const event of page.events) {
      check(event, revisions, ids, books.faults);
      enter(books, event);
      books.events += 1;
    }
    if (page.end) return books;
    after = page.next as Position | null;
  }
}

function check(event: StoredEvent, revisions: Map<string, number>, ids: Set<string>, faults: string[]): void {
  const expected = (revisions.get(event.stream) ?? -1) + 1;
  if (event.revision !== expected) faults.push(`${event.stream} goes from ${expected - 1} to ${event.revision}`);
  if (ids.has(event.id)) faults.push(`event ${event.id} stands twice`);
  revisions.set(event.stream, event.revision);
  ids.add(event.id);
}

type Data = { readonly [key: string]: unknown };

const ENDS: Readonly<Record<string, OrderBook['end']>> = {
  OrderConfirmed: 'confirmed',
  OrderRejected: 'rejected',
  OrderCancelled: 'cancelled',
};

function enter(books: Omit<Books, 'events'>, event: StoredEvent): void {
  const data = event.data as Data;
  const how = ENDS[event.type];
  if (event.type === 'CartCheckedOut') place(books, data.terms as Data);
  if (event.type === 'OrderPlaced') place(books, data);
  if (how) end(books, data, how);
  if (event.stream.startsWith('inventory-')) stock(books, event.type, data);
}

function place({ orders }: Pick<Books, 'orders'>, terms: Data): void {
  const quote = terms.quote as { lines: OrderBook['lines']; totals: { total: { amount: number } } };
  if (orders.has(terms.orderId as string)) return;
  orders.set(terms.orderId as string, {
    total: quote.totals.total.amount,
    paymentId: (terms.payment as { paymentId: string }).paymentId,
    lines: quote.lines.map(({ variantId, quantity }) => ({ variantId, quantity })),
    end: 'placed',
  });
}

function end({ orders, faults }: Pick<Books, 'orders' | 'faults'>, data: Data, how: OrderBook['end']): void {
  const order = orders.get(data.orderId as string);
  if (!order) {
    faults.push(`order ${String(data.orderId)} was ${how} and never placed`);
    return;
  }
  const allowed = order.end === 'placed' || (order.end === 'confirmed' && how === 'cancelled');
  if (!allowed) faults.push(`order ${String(data.orderId)} was ${order.end}, then ${how}`);
  order.end = how;
}

function stock({ stock: books }: Pick<Books, 'stock'>, type: string, data: Data): void {
  const variantId = data.variantId as string;
  const book = books.get(variantId) ?? { received: 0, adjusted: 0, reserved: 0, committed: 0, returned: 0 };
  books.set(variantId, book);
  const quantity = Number(data.quantity ?? 0);
  if (type === 'StockReceived') book.received += quantity;
  if (type === 'StockAdjusted') book.adjusted += Number(data.delta);
  if (type === 'StockReserved') book.reserved += quantity;
  if (type === 'ReservationReleased') book.reserved -= quantity;
  if (type === 'ReservationCommitted') {
    book.reserved -= quantity;
    book.committed += quantity;
  }
  if (type === 'StockReturned') book.returned += quantity;
}
