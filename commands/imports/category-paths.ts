/** Category paths of an import, made where they are missing, each once. */
import { entriesOf } from '../../domain/by-id.ts';
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { newId } from '../../platform/ids.ts';
import { createCategory } from '../categories/create.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type CategoryPaths = {
  /** Id of the category at the end of a path from the root. */
  find(path: readonly string[]): Promise<string | Rejection>;
};

export function createCategoryPaths(shop: Shop, newContext: () => CommandContext): CategoryPaths {
  const known = new Map<string, Promise<string | Rejection>>();

  // One promise a path: rows that come together wait for the one that makes it.
  const find = (path: readonly string[]): Promise<string | Rejection> => {
    const key = JSON.stringify(path);
    const found = known.get(key) ?? findOrCreate(path);
    known.set(key, found);
    return found;
  };

  const findOrCreate = async (path: readonly string[]): Promise<string | Rejection> => {
    const parentId = path.length > 1 ? await find(path.slice(0, -1)) : null;
    if (isRejection(parentId)) return parentId;
    const name = path.at(-1) ?? '';
    const { state } = await shop.runtime.load(categoryDecider, CATEGORY_TREE, { fresh: true });
    for (const [categoryId, category] of entriesOf(state.categories)) {
      if (category.parentId === parentId && category.name === name) return categoryId;
    }
    const categoryId = newId();
    const created = await createCategory(shop, { categoryId, parentId, name }, newContext());
    return isRejection(created) ? created : categoryId;
  };

  return { find };
}
