/** Counts beside a listing: for each facet what there would be without its own filter. */
import type { Reader } from '../read.ts';
import { createBinder, whereOf } from './filters.ts';
import type { Facet, Facets, SearchParams } from './params.ts';

type Query = { readonly params: SearchParams; readonly tsquery: string | null };

/** The facets asked for, each by one statement. */
export async function countFacets(reader: Reader, query: Query, wanted: readonly Facet[]): Promise<Facets> {
  const parts = await Promise.all([...new Set(wanted)].map((facet) => COUNT[facet](reader, query)));
  return Object.assign({}, ...parts) as Facets;
}

const COUNT: Readonly<Record<Facet, (reader: Reader, query: Query) => Promise<Facets>>> = {
  async brand(reader, query) {
    const { where, values } = conditions(query, 'brand');
    const { rows } = await reader.query<{ value: string; count: number }>(
      `select min(brand) as value, count(*)::int as count from projections.search_documents
       where ${where} group by brand_key order by 2 desc, brand_key limit 100`,
      values,
    );
    return { brand: rows };
  },
  async category(reader, query) {
    const { where, values } = conditions(query, 'category');
    const { rows } = await reader.query<{ value: string; label: string; count: number }>(
      `select c.category_id as value, c.name as label, f.count from (
         select id, count(*)::int as count from projections.search_documents, unnest(category_ids) id
         where ${where} group by id
       ) f join projections.categories c on c.category_id = f.id order by f.count desc, c.category_id limit 200`,
      values,
    );
    return { category: rows };
  },
  async rating(reader, query) {
    const { where, values } = conditions(query, 'rating');
    const { rows } = await reader.query<{ value: number; count: number }>(
      `select value, count(*)::int as count from projections.search_documents
       join generate_series(1, 4) value on rating >= value
       where rating_count > 0 and ${where} group by value order by value desc`,
      values,
    );
    return { rating: rows };
  },
  async price(reader, query) {
    const { where, values, bind } = conditions(query, 'price');
    const currency = query.params.currency ?? 'USD';
    const { rows } = await reader.query<{ min: number | null; max: number | null }>(
      `select min(price_from) as min, max(price_to) as max from projections.search_documents
       where currency = ${bind(currency)} and ${where}`,
      values,
    );
    const { min = null, max = null } = rows[0] ?? {};
    if (min === null || max === null) return { price: null };
    return { price: { min: { amount: min, currency }, max: { amount: max, currency } } };
  },
};

function conditions({ params, tsquery }: Query, except: Facet) {
  const binder = createBinder();
  return { where: whereOf(params, binder, { tsquery, except }), values: binder.values, bind: binder.bind };
}
