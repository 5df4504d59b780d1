/** What narrows a listing, as conditions on `search_documents`; each facet leaves its own out. */
import type { Facet, SearchParams } from './params.ts';
import { fold } from './words.ts';

/** Collects values and hands out their places in a statement. */
export type Binder = { readonly values: unknown[]; readonly bind: (value: unknown) => string };

export function createBinder(): Binder {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

/** `where` of a listing. `tsquery` is what `q` was understood as; `except` is the facet that is counted. */
export function whereOf(
  params: SearchParams,
  { bind }: Binder,
  options: { readonly tsquery: string | null; readonly except?: Facet },
): string {
  const { except, tsquery } = options;
  const conditions = ['true'];
  if (tsquery !== null) conditions.push(`words @@ ${bind(tsquery)}::tsquery`);
  if (params.category && except !== 'category')
    conditions.push(`category_ids && ${bind([...params.category])}::text[]`);
  if (params.brand && except !== 'brand') conditions.push(`brand_key = any(${bind(params.brand.map(fold))})`);
  if (params.seller) conditions.push(`seller_id = any(${bind([...params.seller])})`);
  if (params.inStock !== undefined) conditions.push(params.inStock ? 'in_stock' : 'not in_stock');
  if (params.ratingMin !== undefined && except !== 'rating') conditions.push(`rating >= ${bind(params.ratingMin)}`);
  if (except !== 'price') conditions.push(...priceConditions(params, bind));
  return conditions.join(' and ');
}

/** One of the product's prices lies within the bounds. */
function priceConditions({ priceMin, priceMax, currency }: SearchParams, bind: Binder['bind']): string[] {
  if (priceMin === undefined && priceMax === undefined) return [];
  const conditions = [`currency = ${bind(currency ?? 'USD')}`];
  const min = priceMin === undefined ? undefined : bind(priceMin);
  const max = priceMax === undefined ? undefined : bind(priceMax);
  if (min) conditions.push(`price_to >= ${min}`);
  if (max) conditions.push(`price_from <= ${max}`);
  if (min && max) {
    // Between two variants, one too cheap and one too dear, there may be none that fits.
    conditions.push(
      `(price_from >= ${min} or price_to <= ${max} or exists (select from unnest(prices) p where p between ${min} and ${max}))`,
    );
  }
  return conditions;
}
