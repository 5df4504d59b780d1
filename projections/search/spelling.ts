/** Typing errors: how far one word is from another, and which known words somebody may have meant. */
import type { Reader } from '../read.ts';

/**
 * Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment); stops
 * counting above `most` and answers `most + 1`.
 */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let twoAgo: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (twoAgo[j - 2] ?? 0) + 1);
      row.push(cost);
      best = Math.min(best, cost);
    }
    if (best > most) return most + 1;
    twoAgo = last;
    last = row;
  }
  return Math.min(last[b.length] ?? most + 1, most + 1);
}

/** Errors forgiven in a word: none in short ones, which are all close to each other, and none in numbers. */
export function errorsForgiven(word: string): number {
  if (word.length < 4 || /^\d+$/.test(word)) return 0;
  return word.length < 8 ? 1 : 2;
}

/** How far a word is from another, or from its beginning where it may still be being typed. */
export function closeness(
  typed: string,
  known: string,
  options: { readonly most: number; readonly prefix: boolean },
): number {
  const whole = distance(typed, known, options.most);
  if (!options.prefix || whole === 0) return whole;
  const starts = [-1, 0, 1].map((more) => known.slice(0, typed.length + more));
  return Math.min(whole, ...starts.map((start) => distance(typed, start, options.most)));
}

// Words that share most of their trigrams, and words that begin alike: each finds errors that the other misses.
const CANDIDATES = `(select folded, documents from projections.search_terms
    where kind = 'word' and folded % $1 order by similarity(folded, $1) desc, documents desc limit 40)
  union
  (select folded, documents from projections.search_terms
    where kind = 'word' and folded >= $2 and folded < $3 order by documents desc limit 400)`;

/** Known words close to one that was typed, closest first, then by how many products have them; three at most. */
export async function wordsLike(reader: Reader, typed: string, prefix: boolean): Promise<readonly string[]> {
  const most = errorsForgiven(typed);
  if (most === 0) return [];
  const start = typed.slice(0, 2);
  const { rows } = await reader.query<{ folded: string; documents: number }>({
    name: 'words-like',
    text: CANDIDATES,
    values: [typed, start, `${start}\u{10ffff}`],
  });
  const close = rows
    .map((row) => ({ ...row, away: closeness(typed, row.folded, { most, prefix }) }))
    .filter((row) => row.away > 0 && row.away <= most)
    .sort((a, b) => a.away - b.away || b.documents - a.documents);
  return close
    .filter((row) => row.away === close[0]?.away)
    .slice(0, 3)
    .map((row) => row.folded);
}
