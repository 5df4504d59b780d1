/** Whether a category that a body names exists. */
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import { categoryOf } from '../../domain/categories/state.ts';
import { type Rejection, reject } from '../../domain/rejection.ts';
import type { Shop } from '../shop.ts';

/** 422 at `/categoryId` for one that does not exist. Categories never go away, so that a cached yes is a yes. */
export async function refuseUnknownCategory(shop: Shop, categoryId: string): Promise<Rejection | undefined> {
  const { state } = await shop.runtime.load(categoryDecider, CATEGORY_TREE);
  if (categoryOf(state, categoryId)) return undefined;
  const { state: now } = await shop.runtime.load(categoryDecider, CATEGORY_TREE, { fresh: true });
  if (categoryOf(now, categoryId)) return undefined;
  return reject('invalid', 'There is no category with this id. Take one of GET /categories.', {
    kind: 'invalid',
    pointer: '/categoryId',
  });
}
