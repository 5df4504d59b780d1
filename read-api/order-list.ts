/** Whose orders a list shows: a buyer's own, and with them those a seller is concerned in; a guest's; all of them. */
import { isStaff } from '../domain/access/judge.ts';
import type { Subject } from '../domain/access/policy.ts';
import type { OrderResource, OrderStatus } from '../domain/resources.ts';
import { listOrders, type OrdersOf } from '../projections/orders/queries.ts';
import { encodeCursor, latestOf, type Page, type PageRequest, type Reader } from '../projections/read.ts';
import { findSellerOfUser } from '../projections/sellers/queries.ts';

type Request = PageRequest & { readonly status?: readonly OrderStatus[] | undefined };
type Listed = Awaited<ReturnType<typeof listOrders>>;

/** Newest first. */
export async function ordersOf(reader: Reader, subject: Subject, request: Request): Promise<Listed> {
  const { caller, cartTokenHash } = subject;
  if (isStaff(subject)) return listOrders(reader, { of: 'everybody' }, request);
  if (caller.kind !== 'user') {
    return listOrders(reader, { of: 'guest', cartTokenHash: cartTokenHash ?? '' }, request);
  }
  const seller = await findSellerOfUser(reader, caller.userId);
  const bought: OrdersOf = { of: 'buyer', buyerId: caller.userId };
  if (seller === undefined) return listOrders(reader, bought, request);
  const sold: OrdersOf = { of: 'seller', sellerId: seller.resource.sellerId };
  const both = await Promise.all([listOrders(reader, bought, request), listOrders(reader, sold, request)]);
  return merged(both, request.limit);
}

/** Two lists of one order as one; who bought of themselves sees the whole order, once. */
function merged([bought, sold]: readonly [Listed, Listed], limit: number): Listed {
  const own = new Set(bought.items.map(({ orderId }) => orderId));
  const all = [...bought.items, ...sold.items.filter(({ orderId }) => !own.has(orderId))].sort(newestFirst);
  const items = all.slice(0, limit);
  const last = items.at(-1);
  const more = all.length > limit || bought.nextCursor !== null || sold.nextCursor !== null;
  const nextCursor: Page<OrderResource>['nextCursor'] =
    more && last !== undefined ? encodeCursor([last.placedAt, last.orderId]) : null;
  return { items, nextCursor, position: latestOf(bought.position, sold.position) };
}

function newestFirst(a: OrderResource, b: OrderResource): number {
  const [x, y] = a.placedAt === b.placedAt ? [a.orderId, b.orderId] : [a.placedAt, b.placedAt];
  return x < y ? 1 : x > y ? -1 : 0;
}
