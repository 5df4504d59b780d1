/** Counts beside a listing, from Typesense: facets that share their filter share a search. */
import type { Reader } from '../../read.ts';
import type { Facet, Facets, SearchParams } from '../params.ts';
import { fold } from '../words.ts';
import type { FacetCount, SearchAnswer } from './answers.ts';
import { idOf } from './document.ts';
import { currencyFilter, filterOf } from './filters.ts';

/** Fields counted for each facet. */
const FIELDS: Readonly<Record<Facet, string>> = {
  brand: 'brand',
  category: 'category_keys',
  rating: 'stars',
  price: 'price_from,price_to',
};

export type FacetSearch = { readonly filter_by: string; readonly facet_by: string };

/** What to ask for: each facet without its own filter. */
export function facetSearches(params: SearchParams, wanted: readonly Facet[]): readonly FacetSearch[] {
  const byFilter = new Map<string, string[]>();
  for (const facet of new Set(wanted)) {
    const conditions = [...filterOf(params, facet), ...(facet === 'price' ? [currencyFilter(params.currency)] : [])];
    const filter = conditions.join(' && ');
    byFilter.set(filter, [...(byFilter.get(filter) ?? []), FIELDS[facet]]);
  }
  return [...byFilter].map(([filter_by, fields]) => ({ filter_by, facet_by: fields.join(',') }));
}

/** What was counted, as the rows would say it. */
export async function readFacets(
  reader: Reader,
  answers: readonly SearchAnswer[],
  { params, wanted }: { readonly params: SearchParams; readonly wanted: readonly Facet[] },
): Promise<Facets> {
  const counted = new Map(answers.flatMap((answer) => answer.facet_counts).map((count) => [count.field_name, count]));
  const has = (facet: Facet) => wanted.includes(facet);
  return {
    ...(has('brand') ? { brand: brands(counted.get('brand')) } : {}),
    ...(has('category') ? { category: await categories(reader, counted.get('category_keys')) } : {}),
    ...(has('rating') ? { rating: ratings(counted.get('stars')) } : {}),
    ...(has('price') ? { price: prices(counted, params.currency ?? 'USD') } : {}),
  };
}

/** Spellings of one brand are one brand. */
function brands(count: FacetCount | undefined): Facets['brand'] & {} {
  const byKey = new Map<string, { value: string; count: number }>();
  for (const { value, count: more } of count?.counts ?? []) {
    const known = byKey.get(fold(value));
    if (!known) byKey.set(fold(value), { value, count: more });
    else byKey.set(fold(value), { value: value < known.value ? value : known.value, count: known.count + more });
  }
  return [...byKey]
    .sort(([a, { count: ofA }], [b, { count: ofB }]) => ofB - ofA || (a < b ? -1 : 1))
    .slice(0, 100)
    .map(([, brand]) => brand);
}

async function categories(reader: Reader, count: FacetCount | undefined): Promise<Facets['category'] & {}> {
  const counts = new Map((count?.counts ?? []).map(({ value, count }) => [idOf(value), count]));
  const { rows } = await reader.query<{ category_id: string; name: string }>({
    name: 'category-labels',
    text: 'select category_id, name from projections.categories where category_id = any($1)',
    values: [[...counts.keys()]],
  });
  return rows
    .map(({ category_id: value, name: label }) => ({ value, label, count: counts.get(value) ?? 0 }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, 200);
}

/** So many stars and more. */
function ratings(count: FacetCount | undefined): Facets['rating'] & {} {
  const stars = (count?.counts ?? []).map(({ value, count }) => ({ stars: Number(value), count }));
  return [4, 3, 2, 1].flatMap((value) => {
    const total = stars.filter((counted) => counted.stars >= value).reduce((sum, counted) => sum + counted.count, 0);
    return total > 0 ? [{ value, count: total }] : [];
  });
}

function prices(counted: ReadonlyMap<string, FacetCount>, currency: string): Facets['price'] & (object | null) {
  const min = counted.get('price_from')?.stats?.min;
  const max = counted.get('price_to')?.stats?.max;
  const any = (counted.get('price_from')?.counts.length ?? 0) > 0;
  if (!any || min === undefined || max === undefined) return null;
  return { min: { amount: min, currency }, max: { amount: max, currency } };
}
