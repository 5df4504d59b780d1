/** The search index on Postgres, built from the rows of products, sellers, categories and stock. */
import type { Position } from '../../event-store/port.ts';
import type { CategoryRow } from '../categories/projection.ts';
import { pathsOf } from '../categories/tree.ts';
import type { ProductRow } from '../products/projection.ts';
import type { Reader } from '../read.ts';
import type { DerivedModel } from '../runtime/types.ts';
import { documentOf, type SearchDocument } from './document.ts';
import { CREATE_SEARCH, SEARCH_TABLES } from './schema.ts';
import { moveTerms, readCounted } from './terms.ts';

/** `facts`: only stock and sales changed, which needs no text to be read again. */
type Work = { readonly product_id: string; readonly facts: boolean };

export const searchModel: DerivedModel<Work> = {
  name: 'search',
  version: 1,
  sources: ['products', 'inventory', 'sellers', 'categories'],
  tables: SEARCH_TABLES,
  create: CREATE_SEARCH,
  changed,
  async build(client, work) {
    const whole = work.filter((item) => !item.facts).map((item) => item.product_id);
    const facts = work.filter((item) => item.facts).map((item) => item.product_id);
    if (whole.length > 0) await buildDocuments(client, whole);
    if (facts.length > 0) await client.query(UPDATE_FACTS, [facts]);
  },
};

// Each branch starts from an index on position; a seller or a category brings all its products along.
const CHANGED = `with recursive below as (
    select category_id from projections.categories where position > $1
    union select c.category_id from projections.categories c join below b on c.parent_id = b.category_id
  ), whole as (
    select product_id from projections.products where position > $1
    union select p.product_id from projections.products p join projections.sellers s using (seller_id)
      where s.position > $1
    union select p.product_id from projections.products p join below using (category_id)
  )
  select product_id, false as facts from whole
  union all
  select distinct product_id, true from projections.inventory
    where position > $1 and product_id is not null and product_id not in (select product_id from whole)`;

async function changed(reader: Reader, after: Position | null): Promise<readonly Work[]> {
  if (after !== null) return (await reader.query<Work>(CHANGED, [after])).rows;
  return (await reader.query<Work>('select product_id, false as facts from projections.products order by product_id'))
    .rows;
}

// `version` moves only when a filter could see it: sales alone change the order of one sort.
const UPDATE_FACTS = `with fresh as (
    select product_id, bool_or(on_hand > reserved) as in_stock, sum(sold)::bigint as sold
    from projections.inventory where product_id = any($1) group by product_id
  ), turned as (
    select 1 from projections.search_documents d join fresh f using (product_id) where d.in_stock <> f.in_stock
  ), noted as (
    update projections.search_state set version = version + 1 where exists (select from turned)
  )
  update projections.search_documents d set in_stock = f.in_stock, units = d.popularity + f.sold
  from fresh f
  where d.product_id = f.product_id and (d.in_stock <> f.in_stock or d.units <> d.popularity + f.sold)`;

type Source = ProductRow & {
  readonly seller_status: string | null;
  readonly in_stock: boolean | null;
  readonly sold: number | null;
};

const SOURCES = `select p.*, s.status as seller_status, i.in_stock, i.sold
  from projections.products p
  left join projections.sellers s using (seller_id)
  left join (
    select product_id, bool_or(on_hand > reserved) as in_stock, sum(sold)::bigint as sold
    from projections.inventory where product_id = any($1) group by product_id
  ) i using (product_id)
  where p.product_id = any($1)`;

async function buildDocuments(client: Reader, productIds: readonly string[]): Promise<void> {
  const { rows: categories } = await client.query<CategoryRow>('select * from projections.categories');
  const { rows: sources } = await client.query<Source>(SOURCES, [productIds]);
  const names = new Map(categories.map((category) => [category.category_id, category.name]));
  const paths = pathsOf(categories);
  const documents = sources.flatMap((product) => {
    const path = paths.get(product.category_id) ?? [];
    const document = documentOf({
      product,
      sellerStatus: product.seller_status,
      categories: path.map((id) => ({ id, name: names.get(id) ?? '' })),
      inStock: product.in_stock ?? false,
      sold: product.sold ?? 0,
    });
    return document ? [document] : [];
  });
  const before = await readCounted(client, productIds);
  await client.query('delete from projections.search_documents where product_id = any($1) and product_id <> all($2)', [
    productIds,
    documents.map((document) => document.product_id),
  ]);
  await putDocuments(client, documents);
  await moveTerms(client, { before, after: await readCounted(client, productIds), categoryNames: names });
  await client.query('update projections.search_state set version = version + 1');
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
    `insert into projections.search_documents (${names.join(', ')})
     select ${names.join(', ')} from json_to_recordset($1::json) as r (${definitions.join(', ')})
     on conflict (product_id) do update set ${updates.join(', ')}`,
    [JSON.stringify(documents)],
  );
}
