/** What narrows a listing, as Typesense's `filter_by`; made of keys and numbers only, so that no text can end a value. */
import type { Facet, SearchParams } from '../params.ts';
import { brandKey, keyOf, thousandths } from './document.ts';

/** One condition after the other; empty where nothing narrows. `except`: the facet that is counted. */
export function filterOf(params: SearchParams, except?: Facet): readonly string[] {
  const conditions: string[] = [];
  if (params.category && except !== 'category') conditions.push(anyOf('category_keys', params.category.map(keyOf)));
  if (params.brand && except !== 'brand') conditions.push(anyOf('brand_key', params.brand.map(brandKey)));
  if (params.seller) conditions.push(anyOf('seller_key', params.seller.map(keyOf)));
  if (params.inStock !== undefined) conditions.push(`in_stock:=${params.inStock}`);
  if (params.ratingMin !== undefined && except !== 'rating') {
    conditions.push(`rating:>=${wholeNumber(thousandths(params.ratingMin))}`);
  }
  if (except !== 'price') conditions.push(...priceConditions(params));
  return conditions;
}

export function currencyFilter(currency = 'USD'): string {
  return `currency:=\`${keyOf(currency)}\``;
}

/** One of the product's prices lies within the bounds. */
function priceConditions({ priceMin, priceMax, currency }: SearchParams): string[] {
  if (priceMin === undefined && priceMax === undefined) return [];
  const within =
    priceMin !== undefined && priceMax !== undefined
      ? `prices:[${wholeNumber(priceMin)}..${wholeNumber(priceMax)}]`
      : priceMin !== undefined
        ? `prices:>=${wholeNumber(priceMin)}`
        : `prices:<=${wholeNumber(priceMax ?? 0)}`;
  return [currencyFilter(currency), within];
}

function anyOf(field: string, keys: readonly string[]): string {
  return `${field}:=[${[...new Set(keys)].map((key) => `\`${key}\``).join(',')}]`;
}

/** Digits, never `1e21` or `NaN`. */
export function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number that is exact: ${value}`);
  return String(value);
}
