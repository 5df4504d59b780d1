/** A seller as clients see it. */
import type { SellerResource } from '../../domain/resources.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';

export function sellerResource(seller: SellerAccount): SellerResource {
  return {
    sellerId: seller.sellerId,
    userId: seller.userId,
    name: seller.name,
    slug: seller.slug,
    ...(seller.description === null ? {} : { description: seller.description }),
    ...(seller.country === null ? {} : { country: seller.country }),
    status: seller.status,
    createdAt: seller.createdAt,
  };
}
