/** Counts of words, brands and categories, moved by what documents had before and have now. */
import type { Reader } from '../read.ts';
import { fold } from './words.ts';

type Term = {
  kind: 'word' | 'brand' | 'category';
  key: string;
  folded: string;
  label: string;
  documents: number;
  named: number;
};

/** What the counts were made from. */
export type Counted = {
  readonly words: readonly string[];
  readonly named: readonly string[];
  readonly brand: string;
  readonly category_ids: readonly string[];
};

const COUNTED = `select tsvector_to_array(words) as words, tsvector_to_array(ts_filter(words, '{a,b}')) as named, brand,
  category_ids from search_documents where product_id = any($1)`;

/** What documents count as, as they stand in the table. */
export async function readCounted(reader: Reader, productIds: readonly string[]): Promise<readonly Counted[]> {
  return (await reader.query<Counted>(COUNTED, [productIds])).rows;
}

/**
 * Adds what came and takes away what went. Changes by difference, so that each document counts once however often it is
 * built; only one builder runs at a time.
 */
export async function moveTerms(
  reader: Reader,
  change: {
    readonly before: readonly Counted[];
    readonly after: readonly Counted[];
    readonly categoryNames: ReadonlyMap<string, string>;
  },
): Promise<void> {
  const terms = new Map<string, Term>();
  for (const counted of change.before) count(terms, counted, { by: -1, names: change.categoryNames });
  for (const counted of change.after) count(terms, counted, { by: 1, names: change.categoryNames });
  // A category that was renamed moves no count, but its label is new.
  const moved = [...terms.values()].filter(
    (term) => term.documents !== 0 || term.named !== 0 || term.kind === 'category',
  );
  if (moved.length === 0) return;
  await reader.query(
    `insert into search_terms as t (kind, key, folded, label, documents, named)
     select kind, key, folded, label, documents, named
     from json_to_recordset($1::json) as r (kind text, key text, folded text, label text, documents int, named int)
     on conflict (kind, key) do update set documents = t.documents + excluded.documents, named = t.named + excluded.named,
       folded = excluded.folded, label = excluded.label`,
    [JSON.stringify(moved)],
  );
  const gone = moved.filter((term) => term.documents < 0);
  await reader.query(
    `delete from search_terms t using unnest($1::text[], $2::text[]) as g (kind, key)
     where t.kind = g.kind and t.key = g.key and t.documents <= 0`,
    [gone.map((term) => term.kind), gone.map((term) => term.key)],
  );
}

function count(
  terms: Map<string, Term>,
  counted: Counted,
  { by, names }: { readonly by: 1 | -1; readonly names: ReadonlyMap<string, string> },
): void {
  const add = (kind: Term['kind'], key: string, label: string, named: boolean) => {
    const id = `${kind}:${key}`;
    const term = terms.get(id) ?? { kind, key, folded: fold(label), label, documents: 0, named: 0 };
    term.documents += by;
    if (named) term.named += by;
    terms.set(id, term);
  };
  const named = new Set(counted.named);
  for (const word of counted.words) add('word', word, word, named.has(word));
  if (counted.brand !== '') add('brand', fold(counted.brand), counted.brand, true);
  for (const id of counted.category_ids) add('category', id, names.get(id) ?? '', true);
}
