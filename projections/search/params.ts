/** What a listing is asked for and what it answers. */
import type { Money } from '../../domain/money.ts';
import type { SummaryResource } from '../../domain/resources.ts';
import type { Page } from '../read.ts';

export const SORTS = ['relevance', 'price_asc', 'price_desc', 'newest', 'rating', 'bestselling'] as const;
export type Sort = (typeof SORTS)[number];
export const FACETS = ['brand', 'category', 'rating', 'price'] as const;
export type Facet = (typeof FACETS)[number];

/** Prices in minor units of `currency` (USD unless said), which only counts together with a price. */
export type SearchParams = {
  readonly q?: string | undefined;
  readonly category?: readonly string[] | undefined;
  readonly brand?: readonly string[] | undefined;
  readonly seller?: readonly string[] | undefined;
  readonly priceMin?: number | undefined;
  readonly priceMax?: number | undefined;
  readonly currency?: string | undefined;
  readonly ratingMin?: number | undefined;
  readonly inStock?: boolean | undefined;
  /** Unless said: `relevance` with `q`, else `newest`. `relevance` without `q` is the caller's to refuse. */
  readonly sort?: Sort | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly facets?: readonly Facet[] | undefined;
};

export type Facets = {
  readonly brand?: readonly { readonly value: string; readonly count: number }[];
  readonly category?: readonly { readonly value: string; readonly label: string; readonly count: number }[];
  readonly rating?: readonly { readonly value: number; readonly count: number }[];
  readonly price?: { readonly min: Money; readonly max: Money } | null;
};

export type SearchResult = Page<SummaryResource> & { readonly found: number; readonly facets?: Facets };

export type Suggestion = {
  readonly text: string;
  readonly kind: 'query' | 'product' | 'brand' | 'category';
  readonly id?: string;
};
