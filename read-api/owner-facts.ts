/** Whose a resource is, by the rows: what the access policy asks before a read. */
import type { OwnerFacts, ResourceKind, Subject } from '../domain/access/policy.ts';
import { findInventory } from '../projections/inventory/queries.ts';
import { findOrder } from '../projections/orders/queries.ts';
import { findPayment } from '../projections/payments/queries.ts';
import type { Reader } from '../projections/read.ts';
import { findSeller, findSellerOfUser } from '../projections/sellers/queries.ts';

type Load = (params: Readonly<Record<string, string>>, subject: Subject) => Promise<OwnerFacts | undefined>;

/** The kinds whose routes are not judged by the handler's own row; parameters are named as the routes name them. */
export function ownerFacts(reader: Reader): Readonly<Partial<Record<ResourceKind, Load>>> {
  return {
    user: async ({ userId = '' }, { caller }) => ({
      userId: userId === 'me' && caller.kind === 'user' ? caller.userId : userId,
    }),
    inventory: async ({ variantId = '' }) => {
      const found = await findInventory(reader, variantId);
      const seller = found && (await findSeller(reader, found.sellerId));
      return found && { sellerUserIds: seller === undefined ? [] : [seller.resource.userId] };
    },
    order: async ({ orderId = '' }, { caller }) => {
      const found = await findOrder(reader, orderId);
      if (found === undefined) return undefined;
      const own = caller.kind === 'user' ? await findSellerOfUser(reader, caller.userId) : undefined;
      const sells = own !== undefined && found.sellerIds.includes(own.resource.sellerId);
      return {
        userId: found.buyerId,
        cartTokenHash: found.cartTokenHash,
        sellerUserIds: sells ? [own.resource.userId] : [],
      };
    },
    payment: async ({ paymentId = '' }) => {
      const found = await findPayment(reader, paymentId);
      return found && { userId: found.buyerId, cartTokenHash: found.cartTokenHash };
    },
  };
}
