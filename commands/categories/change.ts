/** Renames a category, moves it, or both. */
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import type { CategoryState } from '../../domain/categories/state.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type CategoryChange = {
  readonly categoryId: string;
  readonly name?: string | undefined;
  /** Null: to the root. */
  readonly parentId?: string | null | undefined;
};

export async function changeCategory(
  shop: Shop,
  change: CategoryChange,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<CategoryState> | Rejection> {
  const command = { type: 'ChangeCategory', ...change } as const;
  return outcome(await shop.runtime.handle(categoryDecider, CATEGORY_TREE, command, context, options));
}
