/** The category tree put together from its rows: paths, descendants, counts. Pure; trees are small, and read whole. */
import type { CategoryNode, CategoryResource } from '../../domain/resources.ts';
import type { CategoryRow } from './projection.ts';

/** Ids from the root down to each category, itself included. A parent not there yet ends the path. */
export function pathsOf(rows: readonly CategoryRow[]): Map<string, readonly string[]> {
  const byId = new Map(rows.map((row) => [row.category_id, row]));
  const paths = new Map<string, readonly string[]>();
  const pathOf = (id: string, below: ReadonlySet<string>): readonly string[] => {
    const known = paths.get(id);
    if (known) return known;
    const row = byId.get(id);
    if (!row || below.has(id)) return [];
    const above = row.parent_id === null ? [] : pathOf(row.parent_id, new Set([...below, id]));
    const path = [...above, id];
    paths.set(id, path);
    return path;
  };
  for (const row of rows) pathOf(row.category_id, new Set());
  return paths;
}

/** A category's resource; `count` counts the products on offer in it and below. */
export function categoriesOf(rows: readonly CategoryRow[], count: ReadonlyMap<string, number>): CategoryResource[] {
  const names = new Map(rows.map((row) => [row.category_id, row.name]));
  const paths = pathsOf(rows);
  return rows.map((row) => ({
    categoryId: row.category_id,
    parentId: row.parent_id,
    name: row.name,
    slug: row.slug,
    path: (paths.get(row.category_id) ?? []).map((id) => names.get(id) ?? ''),
    productCount: count.get(row.category_id) ?? 0,
  }));
}

/** Roots with their children, each level by name. */
export function treeOf(categories: readonly CategoryResource[]): CategoryNode[] {
  const nodes = new Map(
    categories.map((category) => [category.categoryId, { ...category, children: [] as CategoryNode[] }]),
  );
  const roots: CategoryNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.parentId === null ? undefined : nodes.get(node.parentId);
    (parent?.children ?? roots).push(node);
  }
  const byName = (a: CategoryNode, b: CategoryNode) => a.name.localeCompare(b.name, 'en');
  for (const node of nodes.values()) node.children.sort(byName);
  return roots.sort(byName);
}
