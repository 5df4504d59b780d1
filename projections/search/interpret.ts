/** What somebody looks for: the words as typed, or, where nothing has them all, the words that were probably meant. */
import type { Reader } from '../read.ts';
import type { Wanted } from './highlight.ts';
import { wordsLike } from './spelling.ts';
import { synonymsOf } from './synonyms.ts';
import { isStopWord, singular, wordsOf } from './words.ts';

export type Interpreted = {
  /** A tsquery, as text; null where the text holds no word at all. */
  readonly tsquery: string | null;
  /** The same without synonyms, to rank by: what has the word itself comes before what has another word for it. */
  readonly ranking: string | null;
  /** The words it looks for, the likeliest of each. */
  readonly words: readonly string[];
  /** Other words are looked for than were typed. */
  readonly corrected: boolean;
  /** What to mark in what was found. */
  readonly wanted: Wanted;
};

/** Words of a query that count. */
const MOST_WORDS = 12;

/** The words of a query that say something; all of them where none does. No other part of a query counts. */
export function queryWords(q: string): readonly string[] {
  const all = wordsOf(q).slice(0, MOST_WORDS);
  const telling = all.filter((word) => !isStopWord(word));
  return telling.length > 0 ? telling : all;
}

/** Reads the query; asks the index once, and the words it knows only where nothing is found. */
export async function interpret(reader: Reader, q: string): Promise<Interpreted> {
  const words = queryWords(q);
  if (words.length === 0) {
    return { tsquery: null, ranking: null, words, corrected: false, wanted: { words: new Set(), beginnings: [] } };
  }
  const typed = words.map((word) => [word]);
  if (await findsAnything(reader, allOf(typed, 'synonyms'))) return interpreted(typed, words, false);
  const meant = await Promise.all(words.map((word, at) => alternatives(reader, word, at === words.length - 1)));
  return interpreted(meant, words, true);
}

function interpreted(meant: readonly (readonly string[])[], words: readonly string[], corrected: boolean): Interpreted {
  const every = meant.flat().flatMap((word) => [word, singular(word), ...synonymsOf(singular(word))]);
  return {
    tsquery: allOf(meant, 'synonyms'),
    ranking: allOf(meant, 'literal'),
    words: meant.map((alternative, at) => alternative[0] ?? words[at] ?? ''),
    corrected,
    wanted: { words: new Set(every), beginnings: (meant.at(-1) ?? []).filter((word) => word.length >= 2) },
  };
}

/** What a word may have meant: itself where something has it, and known words that are close to it. */
async function alternatives(reader: Reader, word: string, last: boolean): Promise<readonly string[]> {
  const [known, like] = await Promise.all([
    findsAnything(reader, formQuery(word, last)),
    wordsLike(reader, word, last),
  ]);
  return known || like.length === 0 ? [word, ...like] : like;
}

/** Every word has to be there, in one of its alternatives; the last one may still be being typed. */
function allOf(words: readonly (readonly string[])[], kind: 'synonyms' | 'literal'): string {
  const last = words.length - 1;
  const anyOf = (any: readonly string[], at: number) => {
    const synonyms = kind === 'synonyms' ? any.flatMap((word) => synonymsOf(singular(word))) : [];
    return [...any.map((word) => formQuery(word, at === last)), ...synonyms.map(quoted)].join(' | ');
  };
  return words.map((any, at) => `(${anyOf(any, at)})`).join(' & ');
}

function formQuery(word: string, last: boolean): string {
  const one = singular(word);
  if (!last || word.length < 2) return quoted(one);
  return one === word ? `${quoted(word)}:*` : `${quoted(word)}:* | ${quoted(one)}`;
}

/** Words hold letters and digits only, so that nothing in them needs escaping. */
function quoted(word: string): string {
  return `'${word}'`;
}

async function findsAnything(reader: Reader, tsquery: string): Promise<boolean> {
  const { rows } = await reader.query<{ found: boolean }>({
    name: 'search-finds-anything',
    text: 'select exists (select 1 from projections.search_documents where words @@ $1::tsquery) as found',
    values: [tsquery],
  });
  return rows[0]?.found ?? false;
}
