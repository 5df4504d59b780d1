/** Adds a category to the tree. */
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import type { CategoryState } from '../../domain/categories/state.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type NewCategory = {
  readonly categoryId: string;
  /** Null: at the root. */
  readonly parentId: string | null;
  readonly name: string;
};

export async function createCategory(
  shop: Shop,
  category: NewCategory,
  context: CommandContext,
): Promise<Outcome<CategoryState> | Rejection> {
  const command = { type: 'CreateCategory', ...category } as const;
  return outcome(await shop.runtime.handle(categoryDecider, CATEGORY_TREE, command, context));
}
