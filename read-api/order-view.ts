/** What of an order a caller gets to see: all of it, a seller's own lines, or nothing. */
import { judgeLate } from '../domain/access/judge.ts';
import type { Rule, Subject } from '../domain/access/policy.ts';
import type { OrderResource } from '../domain/resources.ts';
import { notFound } from '../platform/http/problem.ts';
import { type FoundOrder, orderForSeller } from '../projections/orders/queries.ts';
import type { Reader } from '../projections/read.ts';
import { findSellerOfUser } from '../projections/sellers/queries.ts';

export type OrderView = (order: FoundOrder) => OrderResource;

const WHOLE: Rule = { may: ['self', 'tokenHolder', 'staff'], on: 'order' };

/**
 * Judged by the row that is shown, whatever let the caller in: were a rule of the table wider, its caller would see
 * nothing instead of everything. The view throws 404 for who has no part in the order.
 */
export async function orderViewOf(reader: Reader, subject: Subject): Promise<OrderView> {
  const { caller } = subject;
  const seller = caller.kind === 'user' ? await findSellerOfUser(reader, caller.userId) : undefined;
  const sellerId = seller?.resource.sellerId;
  return (order) => {
    const owner = { userId: order.buyerId, cartTokenHash: order.cartTokenHash };
    if (judgeLate(WHOLE, subject, owner) === 'allowed') return order.resource;
    if (sellerId === undefined || !order.sellerIds.includes(sellerId)) throw notFound();
    return orderForSeller(order.resource, sellerId);
  };
}
