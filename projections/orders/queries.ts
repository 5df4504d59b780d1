/** The only SELECTs on orders. */
import type { OrderResource, OrderStatus } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { decodeCursor, type Found, isKey, type Page, type PageRequest, pageOf, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { OrderRow } from './projection.ts';

/** The whole order, and whose it is; for a seller show `orderForSeller`. */
export type FoundOrder = Found<OrderResource> & {
  readonly buyerId: string | null;
  readonly sellerIds: readonly string[];
  readonly cartTokenHash: string | null;
};

/** Whose orders a list shows. */
export type OrdersOf =
  | { readonly of: 'buyer'; readonly buyerId: string }
  | { readonly of: 'seller'; readonly sellerId: string }
  | { readonly of: 'guest'; readonly cartTokenHash: string }
  | { readonly of: 'everybody' };

/** An order; undefined where there is none. Reads the projection `orders`. */
export async function findOrder(reader: Reader, orderId: string): Promise<FoundOrder | undefined> {
  if (!isKey(orderId)) return undefined;
  const { rows } = await reader.query<OrderRow & Stamp>({
    name: 'find-order',
    text: `select * from projections.orders where order_id = $1 and status <> 'pending'`,
    values: [orderId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const { revision, position } = row;
  return {
    resource: shown(row),
    revision,
    position,
    buyerId: row.buyer_id,
    sellerIds: row.seller_ids,
    cartTokenHash: row.cart_token_hash,
  };
}

/** The id of an order by what people read to each other; undefined where none has that number. Reads `orders`. */
export async function findOrderByNumber(reader: Reader, number: string): Promise<string | undefined> {
  if (!isKey(number)) return undefined;
  const { rows } = await reader.query<Pick<OrderRow, 'order_id'>>(
    'select order_id from projections.orders where upper(number) = upper($1) order by order_id limit 1',
    [number],
  );
  return rows[0]?.order_id;
}

/**
 * Orders, newest first; a seller's list shows its own lines only. `position` is the highest of what is shown. Reads the
 * projection `orders`.
 */
export async function listOrders(
  reader: Reader,
  whose: OrdersOf,
  options: PageRequest & { readonly status?: readonly OrderStatus[] | undefined },
): Promise<Page<OrderResource> & { readonly position: Position | null }> {
  const conditions = [`status <> 'pending'`];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (whose.of === 'buyer') conditions.push(`buyer_id = ${bind(whose.buyerId)}`);
  if (whose.of === 'guest') conditions.push(`cart_token_hash = ${bind(whose.cartTokenHash)}`);
  if (whose.of === 'seller') conditions.push(`seller_ids @> array[${bind(whose.sellerId)}]`);
  if (options.status) conditions.push(`status = any(${bind([...options.status])})`);
  if (options.cursor !== undefined) {
    const [placedAt, orderId] = decodeCursor(options.cursor, ['string', 'string']);
    conditions.push(`(placed_at, order_id) < (${bind(placedAt)}, ${bind(orderId)})`);
  }
  const { rows } = await reader.query<OrderRow & Stamp>(
    `select * from projections.orders where ${conditions.join(' and ')}
     order by placed_at desc, order_id desc limit ${bind(options.limit + 1)}`,
    values,
  );
  const show = (row: OrderRow) => (whose.of === 'seller' ? orderForSeller(shown(row), whose.sellerId) : shown(row));
  const page = pageOf(rows, options.limit, { item: show, key: (row) => [row.placed_at, row.order_id] });
  const seen = rows.slice(0, options.limit).map((row) => row.position);
  return { ...page, position: seen.reduce<Position | null>((a, b) => (a === null || b > a ? b : a), null) };
}

/** What a seller sees of an order: its own lines, without e-mail, payments and totals. */
export function orderForSeller(order: OrderResource, sellerId: string): OrderResource {
  const { email: _email, payments: _payments, totals: _totals, action: _action, ...rest } = order;
  return { ...rest, lines: order.lines.filter((line) => line.sellerId === sellerId) };
}

function shown(row: OrderRow): OrderResource {
  return {
    orderId: row.order_id,
    number: row.number,
    // `pending` is filtered by every query.
    status: row.status as OrderStatus,
    ...(row.reason === null ? {} : { reason: { ...row.reason } }),
    ...(row.action === null ? {} : { action: row.action }),
    buyerId: row.buyer_id,
    email: row.email,
    sellerIds: [...row.seller_ids],
    currency: row.quote.currency,
    lines: row.quote.lines.map(({ image: _, ...line }) => line),
    totals: row.quote.totals,
    shippingAddress: row.shipping_address,
    shippingOption: row.quote.shippingOption,
    payments: row.payments.map(({ paymentId, method, status, amount }) => ({ paymentId, method, status, amount })),
    placedAt: row.placed_at,
    updatedAt: row.updated_at,
  };
}
