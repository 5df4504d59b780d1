/** The rows that search documents are made from, and which products changed: one truth for every engine of search. */
import type { Position } from '../../event-store/port.ts';
import type { CategoryRow } from '../categories/projection.ts';
import { pathsOf } from '../categories/tree.ts';
import type { ProductRow } from '../products/projection.ts';
import type { Reader } from '../read.ts';
import type { SearchSource } from './document.ts';

/** The projections whose rows these are. */
export const SEARCH_SOURCES = ['products', 'inventory', 'sellers', 'categories'];

/** `facts`: only stock and sales changed, which needs no text to be read again. */
export type DirtyProduct = { readonly product_id: string; readonly facts: boolean };

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

/** The queue of dirty products: what changed after a position, everything for null. */
export async function changedProducts(reader: Reader, after: Position | null): Promise<readonly DirtyProduct[]> {
  if (after !== null) return (await reader.query<DirtyProduct>(CHANGED, [after])).rows;
  return (
    await reader.query<DirtyProduct>('select product_id, false as facts from projections.products order by product_id')
  ).rows;
}

type SourceRow = ProductRow & {
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

/** Products as their rows describe them now; what is gone is left out. */
export async function readSources(
  client: Reader,
  productIds: readonly string[],
): Promise<{ readonly sources: readonly SearchSource[]; readonly categoryNames: ReadonlyMap<string, string> }> {
  const { rows: categories } = await client.query<CategoryRow>('select * from projections.categories');
  const { rows } = await client.query<SourceRow>(SOURCES, [productIds]);
  const categoryNames = new Map(categories.map((category) => [category.category_id, category.name]));
  const paths = pathsOf(categories);
  const sources = rows.map((product) => ({
    product,
    sellerStatus: product.seller_status,
    categories: (paths.get(product.category_id) ?? []).map((id) => ({ id, name: categoryNames.get(id) ?? '' })),
    inStock: product.in_stock ?? false,
    sold: product.sold ?? 0,
  }));
  return { sources, categoryNames };
}
