/** The rules of the category tree. */
import { describe, expect, it } from '@jest/globals';
import { given, stateOf } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import type { CategoryCommand } from './commands.ts';
import { categoryDecider, categoryPath } from './decide.ts';
import type { CategoryEvent } from './events.ts';
import { MAX_CATEGORIES } from './state.ts';

const [audio, phones, wireless] = [id(1), id(2), id(3)] as [string, string, string];
const create = (categoryId: string, parentId: string | null, name: string): CategoryCommand => ({
  type: 'CreateCategory',
  categoryId,
  parentId,
  name,
});
const created = (categoryId: string, parentId: string | null, name: string): CategoryEvent => ({
  type: 'CategoryCreated',
  data: { categoryId, parentId, name, slug: name.toLowerCase() },
});
const tree = [
  created(audio, null, 'Audio'),
  created(phones, audio, 'Headphones'),
  created(wireless, phones, 'Wireless'),
];
const change = (categoryId: string, fields: object): CategoryCommand => ({
  type: 'ChangeCategory',
  categoryId,
  ...fields,
});
const moved = (categoryId: string, parentId: string | null): CategoryEvent => ({
  type: 'CategoryMoved',
  data: { categoryId, parentId },
});
const badParent = { kind: 'invalid', pointer: '/parentId' } as const;

describe('creating a category', () => {
  it('puts it at the root', () =>
    given(categoryDecider)
      .when(create(audio, null, 'Audio'))
      .gives(created(audio, null, 'Audio')));
  it('puts it below another', () =>
    given(categoryDecider, tree)
      .when(create(id(4), audio, 'Speakers'))
      .gives(created(id(4), audio, 'Speakers')));
  it('needs a parent that exists', () =>
    given(categoryDecider)
      .when(create(phones, audio, 'Headphones'))
      .isRefused('invalid', badParent));
  it('needs a new id', () =>
    given(categoryDecider, tree)
      .when(create(audio, null, 'Audio'))
      .isRefused('category_exists'));
  it('stops where the tree is full', () => {
    const full = { categories: {}, count: MAX_CATEGORIES };
    const decision = categoryDecider.decide(create(audio, null, 'Audio'), full, '');
    expect(decision).toMatchObject({ code: 'too_many_categories', kind: 'conflict' });
  });
});

describe('changing a category', () => {
  it('renames it', () =>
    given(categoryDecider, tree)
      .when(change(audio, { name: 'Hi-Fi' }))
      .gives({ type: 'CategoryRenamed', data: { categoryId: audio, name: 'Hi-Fi', slug: 'hi-fi' } }));
  it('moves it', () =>
    given(categoryDecider, tree)
      .when(change(wireless, { parentId: audio }))
      .gives(moved(wireless, audio)));
  it('moves it to the root', () =>
    given(categoryDecider, tree)
      .when(change(wireless, { parentId: null }))
      .gives(moved(wireless, null)));
  it('renames and moves it at once', () =>
    given(categoryDecider, tree)
      .when(change(wireless, { name: 'Cordless', parentId: audio }))
      .gives(
        { type: 'CategoryRenamed', data: { categoryId: wireless, name: 'Cordless', slug: 'cordless' } },
        moved(wireless, audio),
      ));
  it('changes nothing where nothing differs', () =>
    given(categoryDecider, tree)
      .when(change(wireless, { name: 'Wireless', parentId: phones }))
      .changesNothing());
  it('needs one that exists', () =>
    given(categoryDecider)
      .when(change(audio, { name: 'Hi-Fi' }))
      .isRefused('not_found', { kind: 'not_found' }));
  it('needs a parent that exists', () =>
    given(categoryDecider, tree)
      .when(change(audio, { parentId: id(9) }))
      .isRefused('invalid', badParent));
  it('never puts one below itself', () =>
    given(categoryDecider, tree)
      .when(change(audio, { parentId: audio }))
      .isRefused('category_cycle'));
  it('never puts one below its own descendant', () =>
    given(categoryDecider, tree)
      .when(change(audio, { parentId: wireless }))
      .isRefused('category_cycle'));
  it('judges cycles by where things are now', () =>
    given(categoryDecider, [...tree, moved(wireless, null)])
      .when(change(audio, { parentId: wireless }))
      .gives(moved(audio, wireless)));
});

describe('a tree filled to its bound', () => {
  const uuid = (n: number) => `0198f0c2-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
  const last = MAX_CATEGORIES - 1;
  const events = Array.from({ length: MAX_CATEGORIES }, (_, n) =>
    created(uuid(n), n === 0 ? null : uuid(n >> 3), `c${n}`),
  );

  it('takes one to the last, and none beyond', () => {
    const almost = stateOf(categoryDecider, events.slice(0, last));
    const decision = categoryDecider.decide(create(uuid(last), null, `c${last}`), almost, '');
    expect(decision).toEqual([created(uuid(last), null, `c${last}`)]);
    const full = stateOf(categoryDecider, events);
    expect(full.count).toBe(MAX_CATEGORIES);
    expect(categoryPath(full, uuid(last))).toEqual([0, 2, 19, 156, 1249, last].map((n) => `c${n}`));
    expect(categoryDecider.decide(create(uuid(last + 1), null, 'Late'), full, '')).toMatchObject({
      code: 'too_many_categories',
    });
  });

  it('is not copied at a change: all but a few entries stay the same objects in the same branches', () => {
    const full = stateOf(categoryDecider, events);
    const renamed = { type: 'CategoryRenamed', data: { categoryId: uuid(7), name: 'New', slug: 'new' } } as const;
    const next = categoryDecider.evolve(full, { ...renamed, at: '2026-01-01T00:00:00.000Z' });
    expect(entriesCopied(full.categories, next.categories)).toBeLessThan(100);
  });
});

/** Members written to make `after` of `before`: those of every object that is not the same. */
function entriesCopied(before: unknown, after: unknown): number {
  if (before === after || typeof after !== 'object' || after === null) return 0;
  const was = (before ?? {}) as Record<string, unknown>;
  const copied = Object.entries(after).map(([key, value]) => 1 + entriesCopied(was[key], value));
  return copied.reduce((sum, one) => sum + one, 0);
}

describe('the path of a category', () => {
  it('leads from the root down', () =>
    expect(categoryPath(stateOf(categoryDecider, tree), wireless)).toEqual(['Audio', 'Headphones', 'Wireless']));
  it('of none is empty', () => expect(categoryPath(categoryDecider.initialState, audio)).toEqual([]));
});
