/** Part of the double of Typesense: which documents have the words of a query, how well, and where. A test instrument. */
import { closeness } from '../spelling.ts';
import { fold } from '../words.ts';
import type { Doc } from './typesense-filter.ts';

export type TextQuery = {
  readonly q: string;
  readonly fields: readonly { readonly name: string; readonly weight: number }[];
  readonly prefix: boolean;
  readonly typos: number;
  readonly separators: string;
  readonly synonyms: readonly (readonly string[])[];
};

/** What one word of the query may be in a text: whole words, and, for one still being typed, their beginning. */
type Meant = ReadonlyMap<string, { readonly length: number; readonly exact: boolean }>;

export type Matches = {
  /** How well, by document id; documents that do not match are not in it. */
  readonly scores: ReadonlyMap<string, number>;
  readonly mark: (text: string, tags: { readonly start: string; readonly end: string }) => string | undefined;
};

/** Words of a text, each with the piece of text it came from. */
function pieces(
  text: string,
  separators: string,
): readonly { readonly word: string; readonly piece: string; readonly at: number }[] {
  const parted = new RegExp(`[^\\s${separators.replace(/[\\\]^-]/g, '\\$&')}]+`, 'gu');
  return [...text.matchAll(parted)].flatMap(({ 0: piece, index }) => {
    const word = fold(piece).replace(/[^\p{L}\p{N}]+/gu, '');
    return word === '' ? [] : [{ word, piece, at: index }];
  });
}

export function matchText(documents: readonly Doc[], query: TextQuery): Matches {
  const { separators, fields } = query;
  const index = documents.map((document) => ({
    id: document.id,
    fields: fields.map(({ name, weight }) => ({ words: wordsOf(document, name, separators), weight })),
  }));
  const known = new Set(index.flatMap((entry) => entry.fields.flatMap(({ words }) => [...words])));
  const typed = pieces(query.q, separators).map(({ word }) => word);
  const attempt = (typos: boolean) => {
    const meant = typed.map((word, at) => meanings(word, at === typed.length - 1, { known, query, typos }));
    const scores = new Map<string, number>();
    for (const { id, fields: texts } of index) {
      const best = meant.map((words) =>
        Math.max(...texts.map(({ words: has, weight }) => scoreOf(words, has) * weight)),
      );
      if (best.every((score) => score > 0))
        scores.set(
          id,
          best.reduce((sum, score) => sum + score, 0),
        );
    }
    return { scores, meant };
  };
  const literal = attempt(false);
  const { scores, meant } = literal.scores.size > 0 || query.typos === 0 ? literal : attempt(true);
  return { scores, mark: (text, tags) => marked(text, meant, { separators, ...tags }) };
}

// Documents are replaced, never changed: their words are taken apart once.
const words = new WeakMap<Doc, Map<string, ReadonlySet<string>>>();

function wordsOf(document: Doc, field: string, separators: string): ReadonlySet<string> {
  const known = words.get(document) ?? new Map<string, ReadonlySet<string>>();
  words.set(document, known);
  const value = document[field];
  const texts = Array.isArray(value) ? value : [value ?? ''];
  const found =
    known.get(field) ?? new Set(texts.flatMap((text) => pieces(String(text), separators).map(({ word }) => word)));
  known.set(field, found);
  return found;
}

function meanings(
  word: string,
  last: boolean,
  { known, query, typos }: { readonly known: ReadonlySet<string>; readonly query: TextQuery; readonly typos: boolean },
): Meant {
  const meant = new Map<string, { length: number; exact: boolean }>();
  const prefix = last && query.prefix;
  if (known.has(word)) meant.set(word, { length: word.length, exact: true });
  for (const synonym of query.synonyms.filter((group) => group.includes(word)).flat()) {
    if (!meant.has(synonym)) meant.set(synonym, { length: synonym.length, exact: false });
  }
  if (prefix) {
    for (const other of known) {
      if (other.startsWith(word) && !meant.has(other)) meant.set(other, { length: word.length, exact: false });
    }
  }
  if (!typos || meant.size > 0) return meant;
  const most = word.length < 4 ? 0 : word.length < 7 ? 1 : query.typos;
  for (const other of known) {
    if (closeness(word, other, { most, prefix }) > most) continue;
    meant.set(other, { length: prefix ? Math.min(word.length, other.length) : other.length, exact: false });
  }
  return meant;
}

function scoreOf(meant: Meant, words: ReadonlySet<string>): number {
  let best = 0;
  for (const [word, { exact }] of meant) if (words.has(word)) best = Math.max(best, exact ? 1 : 0.9);
  return best;
}

/** Undefined where nothing matches. */
function marked(
  text: string,
  meant: readonly Meant[],
  { separators, start, end }: { readonly separators: string; readonly start: string; readonly end: string },
): string | undefined {
  const all = pieces(text, separators);
  const hits = all.map(({ word }) =>
    meant.map((words) => words.get(word)?.length).find((length) => length !== undefined),
  );
  const first = hits.findIndex((length) => length !== undefined);
  if (first < 0) return undefined;
  // Long texts are cut to what stands around the first match.
  const [from, to] = all.length < 30 ? [0, all.length] : [Math.max(0, first - 4), Math.min(all.length, first + 5)];
  let at = from === 0 ? 0 : (all[from]?.at ?? 0);
  let out = '';
  for (let place = from; place < to; place++) {
    const { piece, at: begin } = all[place] ?? { piece: '', at };
    const length = hits[place];
    out += text.slice(at, begin);
    out += length === undefined ? piece : `${start}${piece.slice(0, length)}${end}${piece.slice(length)}`;
    at = begin + piece.length;
  }
  return out + (to === all.length ? text.slice(at) : '');
}
