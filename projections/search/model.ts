/** The search index on Postgres, built from the rows of products, sellers, categories and stock. */
import type { Reader } from '../read.ts';
import type { DerivedModel } from '../runtime/types.ts';
import { documentOf, type SearchDocument } from './document.ts';
import { CREATE_SEARCH, SEARCH_TABLES } from './schema.ts';
import { changedProducts, type DirtyProduct, readSources, SEARCH_SOURCES } from './sources.ts';
import { moveTerms, readCounted } from './terms.ts';

export const searchModel: DerivedModel<DirtyProduct> = {
  name: 'search',
  version: 2,
  sources: SEARCH_SOURCES,
  tables: SEARCH_TABLES,
  create: CREATE_SEARCH,
  changed: changedProducts,
  keyOf: (item) => item.product_id,
  anew: (key) => ({ product_id: key, facts: false }),
  async build(client, work) {
    const whole = work.filter((item) => !item.facts).map((item) => item.product_id);
    const facts = work.filter((item) => item.facts).map((item) => item.product_id);
    if (whole.length > 0) await buildDocuments(client, whole);
    if (facts.length > 0) await client.query(UPDATE_FACTS, [facts]);
  },
};

// `version` moves only when a filter could see it: sales alone change the order of one sort.
const UPDATE_FACTS = `with fresh as (
    select product_id, bool_or(on_hand > reserved) as in_stock, sum(sold)::bigint as sold
    from projections.inventory where product_id = any($1) group by product_id
  ), turned as (
    select 1 from search_documents d join fresh f using (product_id) where d.in_stock <> f.in_stock
  ), noted as (
    update search_state set version = version + 1 where exists (select from turned)
  )
  update search_documents d set in_stock = f.in_stock, units = d.popularity + f.sold
  from fresh f
  where d.product_id = f.product_id and (d.in_stock <> f.in_stock or d.units <> d.popularity + f.sold)`;

async function buildDocuments(client: Reader, productIds: readonly string[]): Promise<void> {
  const { sources, categoryNames } = await readSources(client, productIds);
  const documents = sources.flatMap((source) => documentOf(source) ?? []);
  const before = await readCounted(client, productIds);
  await client.query('delete from search_documents where product_id = any($1) and product_id <> all($2)', [
    productIds,
    documents.map((document) => document.product_id),
  ]);
  await putDocuments(client, documents);
  await moveTerms(client, { before, after: await readCounted(client, productIds), categoryNames });
  await client.query('update search_state set version = version + 1');
}

const COLUMNS: Readonly<Record<keyof SearchDocument, string>> = {
  product_id: 'text',
  seller_id: 'text',
  name: 'text',
  slug: 'text',
  image: 'text',
  brand: 'text',
  brand_key: 'text',
  category_id: 'text',
  category_ids: 'text[]',
  currency: 'text',
  prices: 'bigint[]',
  price_from: 'bigint',
  price_to: 'bigint',
  in_stock: 'boolean',
  popularity: 'bigint',
  units: 'bigint',
  created_at: 'text',
  words: 'tsvector',
};

async function putDocuments(client: Reader, documents: readonly SearchDocument[]): Promise<void> {
  if (documents.length === 0) return;
  const names = Object.keys(COLUMNS);
  const definitions = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
  const updates = names.slice(1).map((name) => `${name} = excluded.${name}`);
  await client.query(
    `insert into search_documents (${names.join(', ')})
     select ${names.join(', ')} from json_to_recordset($1::json) as r (${definitions.join(', ')})
     on conflict (product_id) do update set ${updates.join(', ')}`,
    [JSON.stringify(documents)],
  );
}
