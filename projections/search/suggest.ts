/** What a person who is still typing may want: words, categories, brands, products. */
import type { Reader } from '../read.ts';
import { interpret } from './interpret.ts';
import type { Suggestion } from './params.ts';
import { indexVersion, remembered } from './remembered.ts';
import { fold } from './words.ts';

/** At most `limit`; typing errors are forgiven. Reads the derived model `search`. */
export async function suggest(
  reader: Reader,
  options: { readonly q: string; readonly limit: number },
): Promise<readonly Suggestion[]> {
  const { q, limit } = options;
  const version = await indexVersion(reader);
  return remembered(reader, { version, question: `suggest:${limit}:${q}` }, async () => {
    const { tsquery, words } = await interpret(reader, q);
    if (tsquery === null) return [];
    const [queries, categories, brands, products] = await Promise.all([
      suggestQueries(reader, words),
      suggestTerms(reader, 'category', words),
      suggestTerms(reader, 'brand', words),
      suggestProducts(reader, tsquery, limit),
    ]);
    // A few of each kind come first; products fill what is left.
    const few = [...queries.slice(0, 3), ...categories.slice(0, 2), ...brands.slice(0, 2)];
    const left = [...products, ...queries.slice(3), ...categories.slice(2), ...brands.slice(2)];
    return [...few, ...left].slice(0, limit);
  });
}

// Endings of the last word that some product has together with the words before it.
const QUERIES = `select t.folded from projections.search_terms t
  where t.kind = 'word' and t.folded >= $1 and t.folded < $2 and t.named > 0
    and exists (select from projections.search_documents where words @@ ($3 || quote_literal(t.folded))::tsquery)
  order by t.named desc, t.folded limit 5`;

async function suggestQueries(reader: Reader, words: readonly string[]): Promise<Suggestion[]> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const together = before.map((word) => `'${word}' & `).join('');
  const { rows } = await reader.query<{ folded: string }>({
    name: 'suggest-queries',
    text: QUERIES,
    values: [last, `${last}\u{10ffff}`, together],
  });
  return rows.map((row) => ({ text: [...before, row.folded].join(' '), kind: 'query' }));
}

// Names are few thousands: read along the kind, compared at their start and at the start of each word.
const TERMS = `select key, label from projections.search_terms
  where kind = $1 and (folded like $2 || '%' or folded like '% ' || $2 || '%')
  order by folded like $2 || '%' desc, documents desc, folded limit 5`;

async function suggestTerms(
  reader: Reader,
  kind: 'brand' | 'category',
  words: readonly string[],
): Promise<Suggestion[]> {
  const typed = fold(words.join(' ')).replace(/[\\%_]/g, '\\$&');
  const { rows } = await reader.query<{ key: string; label: string }>({
    name: 'suggest-terms',
    text: TERMS,
    values: [kind, typed],
  });
  return rows.map((row) => ({ text: row.label, kind, ...(kind === 'category' ? { id: row.key } : {}) }));
}

// Only names (weight A) count here: a word in a description explains nothing to who reads the suggestion.
const PRODUCTS = `select product_id, name from projections.search_documents
  where words @@ $1::tsquery and ts_filter(words, '{a}') @@ $1::tsquery order by units desc, product_id limit $2`;

async function suggestProducts(reader: Reader, tsquery: string, limit: number): Promise<Suggestion[]> {
  const { rows } = await reader.query<{ product_id: string; name: string }>({
    name: 'suggest-products',
    text: PRODUCTS,
    values: [tsquery, limit],
  });
  return rows.map((row) => ({ text: row.name, kind: 'product', id: row.product_id }));
}
