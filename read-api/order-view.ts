/** What of an order a caller gets to see: all of it, or a seller's own lines. */
import type { Subject } from '../domain/access/policy.ts';
import type { OrderResource } from '../domain/resources.ts';
import { type FoundOrder, orderForSeller } from '../projections/orders/queries.ts';
import type { Reader } from '../projections/read.ts';
import { findSellerOfUser } from '../projections/sellers/queries.ts';

export type OrderView = (order: FoundOrder) => OrderResource;

/** The policy has let the caller in; who is neither buyer, guest of the cart nor staff is a seller of some lines. */
export async function orderViewOf(reader: Reader, subject: Subject): Promise<OrderView> {
  const { caller, cartTokenHash } = subject;
  if (caller.kind !== 'user') return ({ resource }) => resource;
  const seller = await findSellerOfUser(reader, caller.userId);
  const sellerId = seller?.resource.sellerId;
  return (order) => {
    const owns =
      order.buyerId === caller.userId || (order.cartTokenHash !== null && order.cartTokenHash === cartTokenHash);
    return owns || isStaff(subject) || sellerId === undefined
      ? order.resource
      : orderForSeller(order.resource, sellerId);
  };
}

/** Support and administrators. */
export function isStaff({ caller }: Subject): boolean {
  return caller.kind === 'user' && (caller.roles.includes('support') || caller.roles.includes('admin'));
}
