/** A product as clients see it, without what other streams decide: rating and stock. */
import type { Listing } from '../../domain/products/state.ts';
import type { ProductResource } from '../../domain/resources.ts';

export function productResource(listing: Listing): ProductResource {
  return {
    productId: listing.productId,
    sellerId: listing.sellerId,
    slug: listing.slug,
    name: listing.name,
    brand: listing.brand,
    categoryId: listing.categoryId,
    status: listing.status,
    description: listing.description,
    specifications: [...listing.specifications],
    images: [...listing.images],
    variants: [...listing.variants],
    createdAt: listing.createdAt,
    updatedAt: listing.updatedAt,
  };
}
