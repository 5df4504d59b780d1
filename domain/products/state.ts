/** What a listing is to its own rules. Bounds: `LIMITS` for its lists, `MAX_ABANDONED` abandoned claims. */
import type { Happened, Instant } from '../decider.ts';
import { later } from '../instant.ts';
import { unreachable } from '../unreachable.ts';
import type { Image, ProductEvent, Specification, Variant } from './events.ts';

/** Claims that ran out, kept while a writer that holds one may still be under way. */
export const MAX_ABANDONED = 100;

/** Twenty times what a writer may take between its claim and its append. */
const REMEMBER_MS = 10 * 60_000;

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

/** Folds one event into the listing. */
export function evolveProduct(state: ProductState, event: Happened<ProductEvent>): ProductState {
  const abandonedClaims = youngClaims(state.abandonedClaims, event.at);
  switch (event.type) {
    case 'ProductDrafted': {
      const times = { createdAt: event.at, updatedAt: event.at };
      return { status: 'draft', ...event.data, variants: [], ...times, abandonedClaims };
    }
    case 'SkuClaimAbandoned': {
      const { variantId, sku } = event.data;
      const claims = [...abandonedClaims, { variantId, sku, at: event.at }].slice(-MAX_ABANDONED);
      return { ...state, abandonedClaims: claims };
    }
    default:
      if (state.status === 'none') return { ...state, abandonedClaims };
      return { ...evolveListing(state, event), updatedAt: event.at, abandonedClaims };
  }
}

function evolveListing(
  listing: Listing,
  event: Exclude<ProductEvent, { type: 'ProductDrafted' | 'SkuClaimAbandoned' }>,
): Listing {
  switch (event.type) {
    case 'VariantAdded': {
      const { variantId, sku, options, price } = event.data;
      return { ...listing, variants: [...listing.variants, { variantId, sku, options, price }] };
    }
    case 'VariantRevised': {
      const { variantId, sku, options } = event.data;
      return { ...listing, variants: changeVariant(listing.variants, variantId, { sku, options }) };
    }
    case 'VariantRepriced': {
      const { variantId, price } = event.data;
      return { ...listing, variants: changeVariant(listing.variants, variantId, { price }) };
    }
    case 'ProductPublished':
      return { ...listing, status: 'published' };
    case 'ProductArchived':
      return { ...listing, status: 'archived' };
    case 'ProductRevised':
      return { ...listing, ...given(event.data) };
    case 'ProductImageAdded': {
      const { url, alt } = event.data;
      return { ...listing, images: [...listing.images, { url, alt }] };
    }
    default:
      return unreachable(event);
  }
}

function changeVariant(variants: readonly Variant[], variantId: string, to: Partial<Variant>): Variant[] {
  return variants.map((variant) => (variant.variantId === variantId ? { ...variant, ...to } : variant));
}

function youngClaims(claims: readonly AbandonedClaim[], now: Instant): readonly AbandonedClaim[] {
  const oldest = later(now, -REMEMBER_MS);
  return claims.some(({ at }) => at < oldest) ? claims.filter(({ at }) => at >= oldest) : claims;
}

/** Without the fields that are undefined. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
