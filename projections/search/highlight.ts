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

export type Highlighter = (texts: { readonly name: string; readonly description: string }) => Highlight;

/**
 * Marks the texts of one page: the name whole, of the description what stands around the first match; what matches
 * nowhere is left out.
 */
export function createHighlighter(wanted: Wanted): Highlighter {
  // The texts of a page share most of their words.
  const judged = new Map<string, boolean>();
  const isHit = (piece: string) => {
    const known = judged.get(piece);
    if (known !== undefined) return known;
    const hit = isWanted(piece, wanted);
    judged.set(piece, hit);
    return hit;
  };
  return (texts) => {
    const name = marked(texts.name, isHit);
    const description = marked(texts.description, isHit, SHOWN);
    return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
  };
}

function marked(text: string, isHit: (piece: string) => boolean, most = Number.POSITIVE_INFINITY): string | undefined {
  const pieces: RegExpExecArray[] = [];
  let first = -1;
  for (const piece of text.matchAll(/[\p{L}\p{N}\p{M}'’]+/gu)) {
    pieces.push(piece);
    if (first < 0 && isHit(piece[0])) first = pieces.length - 1;
    // One more than is shown: that it goes on is all that counts of the rest.
    if (first >= 0 && pieces.length > Math.max(0, first - BEFORE) + most) break;
  }
  if (first < 0) return undefined;
  const from = pieces.length <= most ? 0 : Math.max(0, Math.min(first - BEFORE, pieces.length - most));
  const shown = pieces.slice(from, from + most);
  let at = from === 0 ? 0 : (shown[0]?.index ?? 0);
  let html = '';
  for (const { 0: piece, index } of shown) {
    html += escapeHtml(text.slice(at, index));
    html += isHit(piece) ? `<mark>${escapeHtml(piece)}</mark>` : escapeHtml(piece);
    at = index + piece.length;
  }
  return html + escapeHtml(from + shown.length === pieces.length ? text.slice(at) : '');
}

function isWanted(piece: string, { words, beginnings }: Wanted): boolean {
  const folded = fold(piece);
  return formsOf([folded]).some((form) => words.has(form)) || beginnings.some((start) => folded.startsWith(start));
}
