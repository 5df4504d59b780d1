/** Categories as they stand in the tree: one row each, its parent by id; path and counts are worked out on read. */
import { defineProjection, must } from '../runtime/types.ts';

export type CategoryRow = {
  readonly category_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly slug: string;
};

export const categoriesProjection = defineProjection<
  'CategoryCreated' | 'CategoryRenamed' | 'CategoryMoved',
  CategoryRow
>({
  name: 'categories',
  version: 1,
  table: 'categories',
  keyColumn: 'category_id',
  category: 'category',
  columns: { category_id: 'text', parent_id: 'text', name: 'text', slug: 'text' },
  indexes: ['(position)'],
  wants: ['CategoryCreated', 'CategoryRenamed', 'CategoryMoved'],
  keys: (event) => [event.data.categoryId],
  project(event, row, key) {
    switch (event.type) {
      case 'CategoryCreated': {
        const { parentId, name, slug } = event.data;
        return { category_id: key, parent_id: parentId, name, slug };
      }
      case 'CategoryRenamed':
        return { ...must(row, event, key), name: event.data.name, slug: event.data.slug };
      case 'CategoryMoved':
        return { ...must(row, event, key), parent_id: event.data.parentId };
    }
  },
});
