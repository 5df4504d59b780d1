/** Marks in a text the words somebody looked for. What comes out is HTML: escaped, but for the marks. */
import type { SummaryResource } from '../../domain/resources.ts';
import { fold, formsOf } from './words.ts';

export type Highlight = NonNullable<SummaryResource['highlight']>;

/** What matches: whole words, by the forms they are indexed under, and beginnings of words. */
export type Wanted = { readonly words: ReadonlySet<string>; readonly beginnings: readonly string[] };

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character] ?? character);
}

/** Words of a description that are shown, and how many of them before the first match. */
const SHOWN = 24;
const BEFORE = 6;

/** The name whole, of the description what stands around the first match; what matches nowhere is left out. */
export function highlightOf(texts: { readonly name: string; readonly description: string }, wanted: Wanted): Highlight {
  const name = marked(texts.name, wanted);
  const description = marked(texts.description, wanted, SHOWN);
  return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
}

function marked(text: string, wanted: Wanted, most = Number.POSITIVE_INFINITY): string | undefined {
  const pieces = [...text.matchAll(/[\p{L}\p{N}\p{M}'’]+/gu)];
  const hits = pieces.map(([piece]) => isWanted(piece, wanted));
  const first = hits.indexOf(true);
  if (first < 0) return undefined;
  const from = pieces.length <= most ? 0 : Math.max(0, Math.min(first - BEFORE, pieces.length - most));
  const shown = pieces.slice(from, from + most);
  let at = from === 0 ? 0 : (shown[0]?.index ?? 0);
  let html = '';
  for (const [place, { 0: piece, index }] of shown.entries()) {
    html += escapeHtml(text.slice(at, index));
    html += hits[from + place] ? `<mark>${escapeHtml(piece)}</mark>` : escapeHtml(piece);
    at = index + piece.length;
  }
  return html + escapeHtml(from + shown.length === pieces.length ? text.slice(at) : '');
}

function isWanted(piece: string, { words, beginnings }: Wanted): boolean {
  const folded = fold(piece);
  return formsOf([folded]).some((form) => words.has(form)) || beginnings.some((start) => folded.startsWith(start));
}
