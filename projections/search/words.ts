/** Text to words as they are indexed and looked for: without case and accents, model numbers whole and in parts. */

/** Letters that are their own in Unicode, but not on most keyboards. */
const PLAIN: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i' };

/** Lower case, without accents and trademark signs: `Café™` is `cafe`. */
export function fold(text: string): string {
  // Most text is; it is read over and over.
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().replace(/['`]/g, '');
  const plain = text
    .replace(/[™℠]/g, '') // Taken apart they would be letters of the word before.
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return plain.replace(/[ßæœøđłı]/g, (letter) => PLAIN[letter] ?? letter).replace(/['’`´]/g, '');
}

/** What stands between blanks, each with its parts: `MDR-ZX110` has the parts `mdr` and `zx110`. */
export function chunksOf(text: string): readonly (readonly string[])[] {
  return fold(text)
    .split(/\s+/)
    .map((chunk) => chunk.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '' && part.length <= 64))
    .filter((parts) => parts.length > 0);
}

/** The words of a query, in order. */
export function wordsOf(text: string): readonly string[] {
  return chunksOf(text).flat();
}

/** The forms one chunk is indexed under: its parts, the parts joined, number and unit apart, and singular forms. */
export function formsOf(parts: readonly string[]): readonly string[] {
  const joined = parts.length > 1 && parts.length <= 4 ? [parts.join('')] : [];
  const units = parts.flatMap((part) => /^(\d+)(\p{L}+)$/u.exec(part)?.slice(1) ?? []);
  const words = [...parts, ...joined, ...units].filter((word) => word.length <= 64);
  return [...new Set(words.flatMap((word) => [word, singular(word)]))];
}

/** English plurals undone, carefully: headphones, boxes, batteries; not bus, glass. */
export function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s')) return word;
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(sses|xes|ches|shes|zzes)$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** English plurals, where `singular` undoes them; nothing for other words. */
export function pluralsOf(word: string): readonly string[] {
  if (!/^[a-z]{3,}$/.test(word)) return [];
  const many = /[^aeiou]y$/.test(word)
    ? `${word.slice(0, -1)}ies`
    : /(s|x|ch|sh|zz)$/.test(word)
      ? `${word}es`
      : `${word}s`;
  return singular(many) === word ? [many] : [];
}

const STOP_WORDS = new Set(
  'a an and are as at be by for from has in is it its of on or that the this to was with your'.split(' '),
);

/** Whether a word says nothing about a product. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}
