/** Names as they stand in web addresses. */

/** Letters that NFKD does not take apart. */
const SPELT: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  '&': ' and ',
};

const MAX = 200;

/**
 * Lower-case ASCII letters and digits joined by single dashes, at most 200 characters, never empty: a name without any
 * of them, such as one in Chinese, becomes `item`. Not unique: addresses carry the id as well.
 */
export function slugify(name: string): string {
  const ascii = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .replace(/[^a-z0-9]/g, (character) => SPELT[character] ?? '-')
    .replace(/[^a-z0-9]+/g, '-');
  return trimDashes(trimDashes(ascii).slice(0, MAX)) || 'item';
}

function trimDashes(slug: string): string {
  return slug.replace(/^-|-$/g, '');
}
