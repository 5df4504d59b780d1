/** A category as clients see it. */
import { categoryPath } from '../../domain/categories/decide.ts';
import { type CategoryState, categoryOf } from '../../domain/categories/state.ts';
import type { CategoryResource } from '../../domain/resources.ts';

/** Without `productCount`, which the products decide. */
export function categoryResource(tree: CategoryState, categoryId: string): Omit<CategoryResource, 'productCount'> {
  const category = categoryOf(tree, categoryId);
  if (!category) throw new Error(`there is no category ${categoryId}`);
  return { categoryId, ...category, path: categoryPath(tree, categoryId) };
}
