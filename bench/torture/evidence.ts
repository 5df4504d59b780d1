/** Gathers what is there to compare: the log, the gateway's ledger, and what the read side shows. */
import type { Engines } from '../../composition/engines.ts';
import { sandboxLedger } from '../../platform/payments/sandbox/ledger.ts';
import { findInventory } from '../../projections/inventory/queries.ts';
import { findOrder } from '../../projections/orders/queries.ts';
import { readBooks } from './books.ts';
import type { Journal } from './shopper.ts';
import type { Evidence } from './verify.ts';

export async function collectEvidence({ store, database }: Engines, journal: Journal): Promise<Evidence> {
  const books = await readBooks(store);
  const ledger = await sandboxLedger(database);
  const shownStock = new Map<string, { onHand: number; reserved: number }>();
  for (const variantId of books.stock.keys()) {
    const found = await findInventory(database.pool, variantId);
    if (found) shownStock.set(variantId, found.resource);
  }
  const shownOrders = new Map<string, string>();
  for (const orderId of books.orders.keys()) {
    const status = await shownStatus(database.pool, orderId);
    if (status) shownOrders.set(orderId, status);
  }
  return { books, ledger, journal, shownStock, shownOrders };
}

async function shownStatus(pool: Engines['database']['pool'], orderId: string): Promise<string | undefined> {
  return (await findOrder(pool, orderId))?.resource.status;
}
