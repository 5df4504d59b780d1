/** What somebody looks for: the words as typed, or, where nothing has them all, the words that were probably meant. */
import type { Reader } from '../read.ts';
import { wordsLike } from './spelling.ts';
import { isStopWord, singular, wordsOf } from './words.ts';

export type Interpreted = {
  /** A tsquery, as text; null where the text holds no word at all. */
  readonly tsquery: string | null;
  /** The words it looks for, the likeliest of each. */
  readonly words: readonly string[];
  /** Other words are looked for than were typed. */
  readonly corrected: boolean;
};

/** Words of a query that count. */
const MOST_WORDS = 12;

/** Reads the query; asks the index once, and the words it knows only where nothing is found. */
export async function interpret(reader: Reader, q: string): Promise<Interpreted> {
  const all = wordsOf(q).slice(0, MOST_WORDS);
  const telling = all.filter((word) => !isStopWord(word));
  const words = telling.length > 0 ? telling : all;
  if (words.length === 0) return { tsquery: null, words, corrected: false };
  const literal = allOf(words.map((word) => [word]));
  if (await findsAnything(reader, literal)) return { tsquery: literal, words, corrected: false };
  const meant = await Promise.all(words.map((word, at) => alternatives(reader, word, at === words.length - 1)));
  return {
    tsquery: allOf(meant),
    words: meant.map((alternative, at) => alternative[0] ?? words[at] ?? ''),
    corrected: true,
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
function allOf(words: readonly (readonly string[])[]): string {
  const last = words.length - 1;
  return words.map((any, at) => `(${any.map((word) => formQuery(word, at === last)).join(' | ')})`).join(' & ');
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
