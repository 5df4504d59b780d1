/** The rules of the category tree: every parent exists, and none is its own ancestor. */
import type { Decider, Decision } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import { slugify } from '../slug.ts';
import { unreachable } from '../unreachable.ts';
import type { CategoryCommand } from './commands.ts';
import type { CategoryEvent } from './events.ts';
import {
  type Category,
  type CategoryState,
  categoryOf,
  evolveCategories,
  initialCategories,
  MAX_CATEGORIES,
} from './state.ts';

export const categoryDecider: Decider<CategoryState, CategoryCommand, CategoryEvent> = {
  category: 'category',
  stateVersion: 2,
  initialState: initialCategories,
  evolve: evolveCategories,
  decide,
};

/** The names from the root down to a category; empty for one that does not exist. */
export function categoryPath(state: CategoryState, categoryId: string): string[] {
  return [...ancestry(state, categoryId)].map((id) => categoryOf(state, id)?.name ?? '').reverse();
}

function decide(command: CategoryCommand, state: CategoryState): Decision<CategoryEvent> {
  switch (command.type) {
    case 'CreateCategory':
      return create(command, state);
    case 'ChangeCategory':
      return change(command, state);
    default:
      return unreachable(command);
  }
}

function create(
  { categoryId, parentId, name }: Extract<CategoryCommand, { type: 'CreateCategory' }>,
  state: CategoryState,
): Decision<CategoryEvent> {
  if (categoryOf(state, categoryId)) return reject('category_exists', 'There is a category with this id already.');
  if (state.count >= MAX_CATEGORIES) {
    return reject('too_many_categories', `The tree holds at most ${MAX_CATEGORIES} categories: use one that exists.`);
  }
  const refusal = checkParent(parentId, state);
  if (refusal) return refusal;
  return [{ type: 'CategoryCreated', data: { categoryId, parentId, name, slug: slugify(name) } }];
}

function change(
  { categoryId, name, parentId }: Extract<CategoryCommand, { type: 'ChangeCategory' }>,
  state: CategoryState,
): Decision<CategoryEvent> {
  const before = categoryOf(state, categoryId);
  if (!before) return reject('not_found', 'There is no such category.', { kind: 'not_found' });
  const events: CategoryEvent[] = [];
  if (name !== undefined && name !== before.name) {
    events.push({ type: 'CategoryRenamed', data: { categoryId, name, slug: slugify(name) } });
  }
  if (parentId !== undefined && parentId !== before.parentId) {
    const refusal = checkParent(parentId, state) ?? checkCycle(categoryId, parentId, state);
    if (refusal) return refusal;
    events.push({ type: 'CategoryMoved', data: { categoryId, parentId } });
  }
  return events;
}

function checkParent(parentId: string | null, state: CategoryState): Rejection | null {
  if (parentId === null || categoryOf(state, parentId)) return null;
  return reject('invalid', 'There is no category with this id: name one that exists, or leave it out for the root.', {
    kind: 'invalid',
    pointer: '/parentId',
  });
}

function checkCycle(categoryId: string, parentId: string | null, state: CategoryState): Rejection | null {
  if (parentId === null || !ancestry(state, parentId).has(categoryId)) return null;
  return reject('category_cycle', 'A category cannot lie below itself: choose a parent outside of its own branch.', {
    pointer: '/parentId',
  });
}

/** A category and all above it, from the bottom up. */
function ancestry(state: CategoryState, categoryId: string): Set<string> {
  const seen = new Set<string>();
  let at: string | null = categoryId;
  while (at !== null && !seen.has(at)) {
    const category: Category | undefined = categoryOf(state, at);
    if (!category) break;
    seen.add(at);
    at = category.parentId;
  }
  return seen;
}
