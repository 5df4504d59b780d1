/** The log in shares that together are all of it, by the names of its streams, and put together again. */
import type { Position, StoredText } from '../port.ts';

const DIGITS = '0123456789abcdef';
/** A `$` would also stand before a line feed at the end; this is the end for the server and for whoever else reads it. */
const END = '(?![\\s\\S])';

/**
 * Regular expressions of stream names, no two of which match the same: by the last digit of the stream's id. The first
 * one takes all names that the others do not. 2 to 16 shares.
 */
export function sharesOf(count: number): readonly string[] {
  const size = DIGITS.length / count;
  const digitsOf = (share: number) => DIGITS.slice(Math.round(share * size), Math.round((share + 1) * size));
  const others = Array.from({ length: count - 1 }, (_, n) => digitsOf(n + 1));
  return [`[^${others.join('')}]`, ...others.map((digits) => `[${digits}]`)].map((last) => `${last}${END}`);
}

type Pages = AsyncIterator<readonly StoredText[]>;

/**
 * All events of the shares, each of which is in order, in the order of the log. A page of each is looked at: what lies
 * before the place that every share has come to is complete. No page of a share may be empty.
 */
export async function* merged(shares: readonly Pages[]): AsyncGenerator<readonly StoredText[]> {
  const pages: (readonly StoredText[])[] = shares.map(() => []);
  for (let left = [...shares.keys()]; ; ) {
    const next = await Promise.all(left.map((n) => (pages[n]?.length ? pages[n] : shares[n]?.next().then(pageOf))));
    for (const [at, n] of left.entries()) pages[n] = next[at] ?? [];
    left = left.filter((n) => pages[n]?.length);
    const [complete] = left.map((n) => pages[n]?.at(-1)?.position as Position).toSorted();
    if (complete === undefined) return;
    const found = pages.map((page) => page.filter(({ position }) => position <= complete));
    for (const [n, { length }] of found.entries()) pages[n] = pages[n]?.slice(length) ?? [];
    yield found.flat().toSorted((a, b) => (a.position < b.position ? -1 : 1));
  }
}

function pageOf<T>({ value, done }: IteratorResult<T>): T | undefined {
  return done ? undefined : value;
}
