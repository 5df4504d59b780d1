/** Listings and search: the only SELECTs on search documents, beside facets and suggestions. */
import type { SummaryResource } from '../../domain/resources.ts';
import { pageOf, type Reader } from '../read.ts';
import { countFacets } from './facets.ts';
import { createBinder, whereOf } from './filters.ts';
import { createHighlighter, type Wanted } from './highlight.ts';
import { type Interpreted, interpret } from './interpret.ts';
import type { SearchParams, SearchResult } from './params.ts';
import { indexVersion, remembered } from './remembered.ts';
import { sortedBy } from './sorts.ts';

/**
 * Products on offer: published, of approved sellers. Reads the derived model `search`. Throws `BadCursor`. A `q` without
 * any word finds nothing.
 */
export async function searchProducts(reader: Reader, params: SearchParams): Promise<SearchResult> {
  const version = await indexVersion(reader);
  const ask = <T>(question: string, answer: () => Promise<T>) => remembered(reader, { version, question }, answer);
  const { q } = params;
  const read = q === undefined ? undefined : await ask(`read:${q}`, () => interpret(reader, q));
  if (read?.tsquery === null)
    return { items: [], found: 0, nextCursor: null, ...(params.facets ? { facets: {} } : {}) };
  const query = { params, tsquery: read?.tsquery ?? null, read };
  const filters = JSON.stringify({
    ...params,
    cursor: undefined,
    limit: undefined,
    sort: undefined,
    facets: undefined,
  });
  const { facets: wanted } = params;
  const [page, found, facets] = await Promise.all([
    isSteady(params) ? ask(`page:${JSON.stringify(params)}`, () => readPage(reader, query)) : readPage(reader, query),
    ask(`found:${filters}`, () => countFound(reader, query)),
    wanted ? ask(`facets:${wanted.join()}:${filters}`, () => countFacets(reader, query, wanted)) : undefined,
  ]);
  return { ...page, found, ...(facets ? { facets } : {}) };
}

/** Sales move these orders without moving the index's version: their pages are always read. */
function isSteady({ sort }: SearchParams): boolean {
  return sort !== 'bestselling' && sort !== 'rating';
}

type Query = {
  readonly params: SearchParams;
  readonly tsquery: string | null;
  /** What `q` was understood as, where there is one. */
  readonly read: Interpreted | undefined;
};

async function countFound(reader: Reader, { params, tsquery }: Query): Promise<number> {
  const binder = createBinder();
  const { rows } = await reader.query<{ found: number }>(
    `select count(*)::int as found from projections.search_documents where ${whereOf(params, binder, { tsquery })}`,
    binder.values,
  );
  return rows[0]?.found ?? 0;
}

const SHOWN = `product_id, seller_id, slug, name, brand, category_id, image, currency, price_from, price_to, in_stock,
  rating, rating_count`;

type Shown = {
  readonly product_id: string;
  readonly seller_id: string;
  readonly slug: string;
  readonly name: string;
  readonly brand: string;
  readonly category_id: string;
  readonly image: string | null;
  readonly currency: string;
  readonly price_from: number;
  readonly price_to: number;
  readonly in_stock: boolean;
  readonly rating: number;
  readonly rating_count: number;
};

async function readPage(reader: Reader, { params, tsquery, read }: Query) {
  const sort = params.sort ?? (tsquery === null ? 'newest' : 'relevance');
  const binder = createBinder();
  const where = whereOf(params, binder, { tsquery });
  const sorted = sortedBy(sort, binder, { cursor: params.cursor, ranking: read?.ranking ?? null });
  const limit = binder.bind(params.limit + 1);
  // A rank is worked out once per match; the other sorts walk an index, or sort the few that a filter leaves.
  const source = sorted.rank
    ? `(select *, ${sorted.rank} as rank from projections.search_documents where ${where}) matched where ${sorted.after}`
    : `projections.search_documents where ${where} and ${sorted.after}`;
  const extra = sorted.rank ? 'rank' : 'created_at, units';
  const { rows } = await reader.query<Shown>(
    `select ${SHOWN}, ${extra} from ${source} order by ${sorted.orderBy} limit ${limit} offset ${sorted.offset}`,
    binder.values,
  );
  const page = pageOf(rows, params.limit, { item: summaryOf, key: sorted.key });
  return read ? { ...page, items: await withHighlights(reader, page.items, read.wanted) } : page;
}

async function withHighlights(reader: Reader, items: readonly SummaryResource[], wanted: Wanted) {
  const { rows } = await reader.query<{ product_id: string; description: string }>({
    name: 'search-descriptions',
    text: 'select product_id, description from projections.products where product_id = any($1)',
    values: [items.map((item) => item.productId)],
  });
  const descriptions = new Map(rows.map((row) => [row.product_id, row.description]));
  const highlight = createHighlighter(wanted);
  return items.map((item) => {
    const description = descriptions.get(item.productId) ?? '';
    return { ...item, highlight: highlight({ name: item.name, description }) };
  });
}

/** Products by id as lists show them; what is not on offer (any more) is left out. */
export async function readSummaries(
  reader: Reader,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, SummaryResource>> {
  const { rows } = await reader.query<Shown>({
    name: 'search-summaries',
    text: `select ${SHOWN} from projections.search_documents where product_id = any($1)`,
    values: [productIds],
  });
  return new Map(rows.map((row) => [row.product_id, summaryOf(row)]));
}

function summaryOf(row: Shown): SummaryResource {
  return {
    productId: row.product_id,
    sellerId: row.seller_id,
    slug: row.slug,
    name: row.name,
    brand: row.brand,
    categoryId: row.category_id,
    image: row.image,
    priceFrom: { amount: row.price_from, currency: row.currency },
    priceTo: { amount: row.price_to, currency: row.currency },
    inStock: row.in_stock,
    rating: { average: row.rating_count === 0 ? null : row.rating, count: row.rating_count },
  };
}
