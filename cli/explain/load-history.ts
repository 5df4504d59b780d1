/** Reads the streams that an explanation is made of. */
import { streamName } from '../../domain/ids.ts';
import { orderDecider } from '../../domain/orders/decide.ts';
import type { EventStore } from '../../event-store/port.ts';
import { frozenTerms, type OrderHistory } from './explain-order.ts';
import { type Seen, seen, stateOf } from './explanation.ts';

type Log = Pick<EventStore, 'read' | 'readAll'>;

/** Undefined where there is no such order. */
export async function loadOrder(log: Log, orderId: string): Promise<OrderHistory | undefined> {
  const order = await loadStream(log, 'order', orderId);
  const state = stateOf(orderDecider, order);
  if (state.status === 'none') return undefined;
  const cart = await loadStream(log, 'cart', state.status === 'rejected' ? state.cartId : state.terms.cartId);
  const terms = frozenTerms({ orderId, order, cart })?.terms;
  if (terms === undefined) return undefined;
  const ids = [...new Set(terms.quote.lines.map(({ productId }) => productId))];
  const products = await Promise.all(ids.map(async (id) => [id, await loadStream(log, 'product', id)] as const));
  const payment = await loadStream(log, 'payment', terms.payment.paymentId);
  return { orderId, order, cart, payment, products: new Map(products) };
}

/** The stream of a variant's product; empty where the log knows no such variant. */
export async function loadProductOf(log: Log, variantId: string): Promise<readonly Seen[]> {
  const [stock] = await log.read(streamName('inventory', variantId), { limit: 1 });
  const named = stock?.data as { readonly productId?: string } | undefined;
  const productId = named?.productId ?? (await productThatAdded(log, variantId));
  return productId === undefined ? [] : loadStream(log, 'product', productId);
}

/** Where the stock does not name it: each variant of the log is looked at. */
async function productThatAdded(log: Log, variantId: string): Promise<string | undefined> {
  const filter = { categories: ['product'], types: ['VariantAdded'] };
  for (let after: Parameters<Log['readAll']>[0]['after'] = null; ; ) {
    const page = await log.readAll({ after, filter, limit: 1_000 });
    const found = page.events.find(({ data }) => data.variantId === variantId);
    if (found) return String(found.data.productId);
    if (page.end) return undefined;
    after = page.next;
  }
}

/** A whole stream; empty where there is none. */
export async function loadStream(log: Log, category: string, id: string): Promise<readonly Seen[]> {
  return seen(await log.read(streamName(category, id)));
}
