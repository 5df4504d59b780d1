/** The whole category tree. Bound: `MAX_CATEGORIES` entries of some 500 bytes at most. */
import { type ById, entryOf, withEntry } from '../by-id.ts';
import type { Happened } from '../decider.ts';
import { unreachable } from '../unreachable.ts';
import type { CategoryEvent } from './events.ts';

export const MAX_CATEGORIES = 10_000;

export type Category = { readonly parentId: string | null; readonly name: string; readonly slug: string };

export type CategoryState = {
  /** Read them with `categoryOf`. */
  readonly categories: ById<Category>;
  readonly count: number;
};

export const initialCategories: CategoryState = { categories: {}, count: 0 };

/** A category, if there is one with this id. */
export function categoryOf(state: CategoryState, categoryId: string): Category | undefined {
  return entryOf(state.categories, categoryId);
}

/** Folds one event into the tree. */
export function evolveCategories(state: CategoryState, event: Happened<CategoryEvent>): CategoryState {
  switch (event.type) {
    case 'CategoryCreated': {
      const { categoryId, parentId, name, slug } = event.data;
      const categories = withEntry(state.categories, categoryId, { parentId, name, slug });
      return { categories, count: state.count + 1 };
    }
    case 'CategoryRenamed': {
      const { categoryId, name, slug } = event.data;
      return change(state, categoryId, { name, slug });
    }
    case 'CategoryMoved': {
      const { categoryId, parentId } = event.data;
      return change(state, categoryId, { parentId });
    }
    default:
      return unreachable(event);
  }
}

function change(state: CategoryState, categoryId: string, to: Partial<Category>): CategoryState {
  const before = categoryOf(state, categoryId);
  if (!before) return state;
  return { ...state, categories: withEntry(state.categories, categoryId, { ...before, ...to }) };
}
