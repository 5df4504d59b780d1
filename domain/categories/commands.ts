/** What can be asked of the category tree, whose id is `tree`. Slugs follow the names. */

/** Id of the one tree: its stream is `category-tree`. */
export const CATEGORY_TREE = 'tree';

export type CategoryCommand =
  /** `parentId: null`: at the root. */
  | {
      readonly type: 'CreateCategory';
      readonly categoryId: string;
      readonly parentId: string | null;
      readonly name: string;
    }
  /** Renames, moves, or both at once; only what is given changes. */
  | {
      readonly type: 'ChangeCategory';
      readonly categoryId: string;
      readonly name?: string | undefined;
      readonly parentId?: string | null | undefined;
    };
