/** What a person who is still typing may want, from one search in Typesense: words, categories, brands, products. */
import { queryWords } from '../interpret.ts';
import type { Suggestion } from '../params.ts';
import { readSummaries } from '../queries.ts';
import { closeness, errorsForgiven } from '../spelling.ts';
import { fold, singular } from '../words.ts';
import { type Hit, MARKS, type SearchAnswer, snippetsOf } from './answers.ts';
import { readFacets } from './facets.ts';
import { QUERY } from './schema.ts';
import { ask, type TypesenseIndex } from './search.ts';

/** At most `limit`; typing errors are forgiven. Throws as `searchTypesense`. */
export async function suggestTypesense(
  index: TypesenseIndex,
  { q, limit }: { readonly q: string; readonly limit: number },
): Promise<readonly Suggestion[]> {
  const words = queryWords(q);
  if (words.length === 0) return [];
  const [answer] = await ask(index, [suggestSearch(words, limit)]);
  if (!answer || answer.found === 0) return [];
  const marked = markedWords(answer.hits);
  const before = words.slice(0, -1).map((word) => likest(word, marked));
  const endings = endingsOf(words.at(-1) ?? '', marked);
  const queries = endings.slice(0, 5).map((word): Suggestion => ({ text: [...before, word].join(' '), kind: 'query' }));
  const typed = [...before, meantEnding(words.at(-1) ?? '', endings)].join(' ');
  const [named, products] = await Promise.all([namesLike(index, answer, typed), productsOf(index, answer.hits)]);
  // A few of each kind come first; products fill what is left.
  const few = [...queries.slice(0, 3), ...named.categories.slice(0, 2), ...named.brands.slice(0, 2)];
  const left = [...products, ...queries.slice(3), ...named.categories.slice(2), ...named.brands.slice(2)];
  return [...few, ...left].slice(0, limit);
}

function suggestSearch(words: readonly string[], limit: number) {
  return {
    ...QUERY,
    query_by: 'name,brand,categories',
    query_by_weights: '4,2,2',
    q: words.join(' '),
    prefix: true,
    sort_by: '_text_match:desc,units:desc',
    per_page: Math.max(limit, 24),
    include_fields: 'id',
    facet_by: 'brand,category_keys',
    max_facet_values: 50,
    highlight_fields: 'name,brand,categories',
    highlight_start_tag: MARKS.start,
    highlight_end_tag: MARKS.end,
  };
}

/** Whole words that something matched in, and in how many products; a mark may be around a beginning only. */
function markedWords(hits: readonly Hit[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const pieces = new RegExp(`[\\p{L}\\p{N}\\p{M}'’${MARKS.start}${MARKS.end}]+`, 'gu');
  for (const { highlight = {} } of hits) {
    const snippets = ['name', 'brand', 'categories'].flatMap((field) => snippetsOf(highlight[field]));
    const words = snippets
      .flatMap((snippet) => snippet.match(pieces) ?? [])
      .filter((piece) => piece.includes(MARKS.start));
    const plain = words.map((piece) => fold(piece.replaceAll(MARKS.start, '').replaceAll(MARKS.end, '')));
    for (const word of new Set(plain)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

type Ranked = { readonly word: string; readonly away: number; readonly count: number };

function closest(typed: string, marked: ReadonlyMap<string, number>, prefix: boolean): readonly Ranked[] {
  const most = errorsForgiven(typed);
  return [...marked]
    .map(([word, count]) => ({ word, count, away: closeness(typed, word, { most, prefix }) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away || b.count - a.count || (a.word < b.word ? -1 : 1));
}

/** The word that was meant by one that was typed whole. */
function likest(typed: string, marked: ReadonlyMap<string, number>): string {
  if (marked.has(typed)) return typed;
  return closest(typed, marked, false)[0]?.word ?? typed;
}

/** Words that one which is still being typed may become, the closest ones, the most frequent first. */
function endingsOf(typed: string, marked: ReadonlyMap<string, number>): readonly string[] {
  const begun = [...marked]
    .filter(([word]) => word.startsWith(typed))
    .map(([word, count]) => ({ word, count, away: 0 }));
  const found = begun.length > 0 ? begun.sort((a, b) => b.count - a.count) : closest(typed, marked, true);
  return found.filter(({ away }) => away === found[0]?.away).map(({ word }) => word);
}

function meantEnding(typed: string, endings: readonly string[]): string {
  return endings.some((word) => word.startsWith(typed)) ? typed : (endings[0] ?? typed);
}

/** Categories and brands of what was found whose names begin so, or have a word that does. */
async function namesLike({ reader }: TypesenseIndex, answer: SearchAnswer, typed: string) {
  const { category = [], brand = [] } = await readFacets(reader, [answer], {
    params: { limit: 1 },
    wanted: ['brand', 'category'],
  });
  const isLike = (name: string) => ` ${fold(name)}`.includes(` ${typed}`) || fold(name) === singular(typed);
  return {
    categories: category
      .filter(({ label }) => isLike(label))
      .map(({ value, label }): Suggestion => ({ text: label, kind: 'category', id: value })),
    brands: brand.filter(({ value }) => isLike(value)).map(({ value }): Suggestion => ({ text: value, kind: 'brand' })),
  };
}

/** Products that match by their names: a match elsewhere explains nothing to who reads the suggestion. */
async function productsOf({ reader }: TypesenseIndex, hits: readonly Hit[]): Promise<readonly Suggestion[]> {
  const named = hits.filter((hit) => snippetsOf(hit.highlight?.name).length > 0).map((hit) => hit.document.id);
  const summaries = await readSummaries(reader, named);
  return named.flatMap((id) => {
    const item = summaries.get(id);
    return item ? [{ text: item.name, kind: 'product' as const, id }] : [];
  });
}
