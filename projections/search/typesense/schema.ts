/** The collection of products in Typesense: its fields, and the names that collections and their alias have. */
import { createHash } from 'node:crypto';
import type { CollectionFieldSchema } from 'typesense';
import { SYNONYMS } from '../synonyms.ts';

/** The name of the model in Typesense, as status shows it and readers wait for it. */
export const MODEL_NAME = 'search-typesense';

const text = (name: string, more: Partial<CollectionFieldSchema> = {}): CollectionFieldSchema => {
  return { name, type: 'string', ...more };
};
const facet = (name: string, type: CollectionFieldSchema['type']): CollectionFieldSchema => ({
  name,
  type,
  facet: true,
});
const number = (name: string): CollectionFieldSchema => ({ name, type: 'int64' });

/** In the order of `TypesenseDocument`. */
const FIELDS: CollectionFieldSchema[] = [
  text('name'),
  facet('brand', 'string'),
  { name: 'categories', type: 'string[]' },
  text('details', { optional: true }),
  text('description', { optional: true }),
  text('forms', { optional: true }),
  text('brand_key'),
  text('seller_key'),
  facet('category_keys', 'string[]'),
  text('currency'),
  { name: 'prices', type: 'int64[]' },
  facet('price_from', 'int64'),
  facet('price_to', 'int64'),
  { name: 'in_stock', type: 'bool' },
  number('rating'),
  facet('stars', 'int32'),
  number('rated'),
  { name: 'popularity', type: 'int32' },
  number('units'),
  number('created_at'),
  number('id_high'),
  number('id_low'),
];

/** What parts words, as the rows part them: all but letters, digits and apostrophes. */
const SEPARATORS = [...'!"#$%&()*+,-./:;<=>?@[\\]^_{|}~'];

/** What a collection is made of, its name apart; the fields that a version of the server needs are added there. */
export const COLLECTION = {
  fields: FIELDS,
  default_sorting_field: 'popularity',
  token_separators: SEPARATORS,
};

/** How text is looked for: the fields by weight; `forms` hold what words are also found by. */
export const QUERY = {
  query_by: 'name,brand,categories,details,description,forms',
  query_by_weights: '8,4,2,2,1,1',
  num_typos: 2,
  // Typing errors are looked for only where nothing has the words themselves; every word has to be there.
  typo_tokens_threshold: 1,
  drop_tokens_threshold: 0,
} as const;

/** Both forms of each word: synonyms are compared with the words of a query as they were typed. */
export const TYPESENSE_SYNONYMS: readonly { readonly id: string; readonly synonyms: string[] }[] = SYNONYMS.map(
  (group) => ({ id: group[0], synonyms: group.flatMap((word) => [word, `${word}s`]) }),
);

/** Another schema, other synonyms: another collection. */
const SCHEMA = createHash('sha256')
  .update(JSON.stringify([COLLECTION, TYPESENSE_SYNONYMS]))
  .digest('hex')
  .slice(0, 8);

export type CollectionNames = {
  /** What searches ask: it stands for the live collection. */
  readonly alias: string;
  readonly synonymSet: string;
  /** The collection of a generation. */
  collection(generation: number): string;
  /** Which generation a collection is, of any schema; undefined for one that is not ours. */
  generationOf(collection: string): number | undefined;
  /** Whether a collection has this version's fields. */
  isCurrent(collection: string): boolean;
};

/** Names of a log's collections: shops that share a server do not meet. */
export function collectionNames(logId: string): CollectionNames {
  const alias = `souk_${createHash('sha256').update(logId).digest('hex').slice(0, 12)}`;
  const ours = new RegExp(`^${alias}_([0-9a-f]{8})_(\\d{1,9})$`);
  return {
    alias,
    synonymSet: `${alias}_${SCHEMA}`,
    collection: (generation) => `${alias}_${SCHEMA}_${generation}`,
    generationOf: (collection) => {
      const generation = ours.exec(collection)?.[2];
      return generation === undefined ? undefined : Number(generation);
    },
    isCurrent: (collection) => ours.exec(collection)?.[1] === SCHEMA,
  };
}
