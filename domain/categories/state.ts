/** The whole category tree. Bound: `MAX_CATEGORIES` entries of some 500 bytes at most. */

export const MAX_CATEGORIES = 10_000;

export type Category = { readonly parentId: string | null; readonly name: string; readonly slug: string };

export type CategoryState = {
  /** By category id. */
  readonly categories: Readonly<Record<string, Category>>;
  readonly count: number;
};

export const initialCategories: CategoryState = { categories: {}, count: 0 };
