/** The only SELECTs on categories. */
import type { CategoryNode, CategoryResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { type Found, latestOf, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { CategoryRow } from './projection.ts';
import { categoriesOf, treeOf } from './tree.ts';

/** The whole tree; `revision` is that of the stream `category-tree`. Reads the projections `categories` and `search`. */
export async function listCategories(
  reader: Reader,
): Promise<{ items: CategoryNode[]; revision: number; position: Position | null }> {
  const { rows, resources } = await load(reader);
  return {
    items: treeOf(resources),
    revision: rows.reduce((revision, row) => Math.max(revision, row.revision), -1),
    position: latestOf(...rows.map((row) => row.position)),
  };
}

/** One category; undefined where there is none. Reads the projections `categories` and `search`. */
export async function findCategory(reader: Reader, categoryId: string): Promise<Found<CategoryResource> | undefined> {
  const { rows, resources } = await load(reader);
  const resource = resources.find((category) => category.categoryId === categoryId);
  if (!resource) return undefined;
  const revision = rows.reduce((highest, row) => Math.max(highest, row.revision), -1);
  return { resource, revision, position: latestOf(...rows.map((row) => row.position)) };
}

type Loaded = CategoryRow & Stamp & { readonly products: number };

// One statement, so that names and counts are of one moment.
async function load(reader: Reader): Promise<{ rows: Loaded[]; resources: CategoryResource[] }> {
  const { rows } = await reader.query<Loaded>({
    name: 'list-categories',
    text: `select c.*, coalesce(t.documents, 0)::int as products from projections.categories c
      left join projections.search_terms t on t.kind = 'category' and t.key = c.category_id order by c.category_id`,
  });
  const counts = new Map(rows.map((row) => [row.category_id, row.products]));
  return { rows, resources: categoriesOf(rows, counts) };
}
