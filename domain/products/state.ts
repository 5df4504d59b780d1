/** What a listing is to its own rules. Bounds: `LIMITS` for its lists, `MAX_ABANDONED` abandoned claims. */
import type { Instant } from '../decider.ts';
import type { Image, Specification, Variant } from './events.ts';

/** Claims that ran out, kept while a writer that holds one may still be under way. */
export const MAX_ABANDONED = 100;

/** A claim that ran out before its variant took the SKU. */
export type AbandonedClaim = { readonly variantId: string; readonly sku: string; readonly at: Instant };

type Abandoned = {
  /** The youngest `MAX_ABANDONED`, none older than ten minutes at the last event. */
  readonly abandonedClaims: readonly AbandonedClaim[];
};

export type Listing = Abandoned & {
  readonly status: 'draft' | 'published' | 'archived';
  readonly productId: string;
  readonly sellerId: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  readonly categoryId: string;
  readonly specifications: readonly Specification[];
  readonly popularity: number;
  readonly images: readonly Image[];
  readonly variants: readonly Variant[];
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};

export type ProductState = (Abandoned & { readonly status: 'none' }) | Listing;

export const initialProduct: ProductState = { status: 'none', abandonedClaims: [] };
