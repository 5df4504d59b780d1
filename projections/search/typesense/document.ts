/** A search document as Typesense keeps it: what is searched, filtered and sorted by. What is shown stays in the rows. */
import { createHash } from 'node:crypto';
import { isKey } from '../../read.ts';
import { DESCRIPTION_WORDS, type SearchDocument, type SearchTexts } from '../document.ts';
import { chunksOf, fold, formsOf, pluralsOf } from '../words.ts';

export type TypesenseDocument = {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly categories: readonly string[];
  readonly details: string;
  readonly description: string;
  /** What words are also found by: model numbers joined, numbers apart from units, singular and plural. */
  readonly forms: string;
  readonly brand_key: string;
  readonly seller_key: string;
  readonly category_keys: readonly string[];
  readonly currency: string;
  readonly prices: readonly number[];
  readonly price_from: number;
  readonly price_to: number;
  readonly in_stock: boolean;
  /** In thousandths. */
  readonly rating: number;
  readonly stars: number;
  readonly rated: number;
  readonly popularity: number;
  readonly units: number;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly id_high: number;
  readonly id_low: number;
};

/** What stock and sales change. */
export type TypesenseFacts = Pick<TypesenseDocument, 'id' | 'in_stock' | 'units' | 'rated'>;

/**
 * A text as a key: one token of letters and digits, whatever it was. No text of a user stands in a filter as it is:
 * Typesense's own quoting ends at a backtick, escaped or not, wherever it looks for parentheses and operators first.
 */
export function keyOf(text: string): string {
  return isKey(text) ? text.replaceAll('-', '') : `x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** A brand as a key: without case and accents. */
export function brandKey(brand: string): string {
  return `b${createHash('sha256').update(fold(brand)).digest('hex').slice(0, 32)}`;
}

/** The id that a key was made from. */
export function idOf(key: string): string {
  return key.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** An id as two numbers that sort as it does: the numbers of a sort are the only things a cursor can be compared with. */
export function idNumbers(id: string): { readonly high: number; readonly low: number } {
  const digits = id.replaceAll('-', '');
  return { high: Number.parseInt(digits.slice(0, 12), 16), low: Number.parseInt(digits.slice(12, 25), 16) };
}

/** Rating first, then what sold, as one number: a sort has three at most, and the id needs two. */
export function ratedNumber(rating: number, units: number): number {
  return thousandths(rating) * 1e11 + Math.min(units, 1e11 - 1);
}

export function thousandths(rating: number): number {
  return Math.round(rating * 1_000);
}

export function typesenseDocument(document: SearchDocument, texts: SearchTexts): TypesenseDocument {
  const { high, low } = idNumbers(document.product_id);
  // No product has a rating yet, as nobody can review one; on the rows the column says so.
  const rating = 0;
  return {
    id: document.product_id,
    ...texts,
    forms: formsOfTexts(texts),
    brand_key: brandKey(document.brand),
    seller_key: keyOf(document.seller_id),
    category_keys: document.category_ids.map(keyOf),
    currency: document.currency,
    prices: document.prices,
    price_from: document.price_from,
    price_to: document.price_to,
    in_stock: document.in_stock,
    rating: thousandths(rating),
    stars: Math.floor(rating),
    rated: ratedNumber(rating, document.units),
    // The field that a collection is sorted by where nothing else is said has to be of 32 bits.
    popularity: Math.min(document.popularity, 2 ** 31 - 1),
    units: document.units,
    created_at: Date.parse(document.created_at),
    id_high: high,
    id_low: low,
  };
}

export function typesenseFacts({ id, in_stock, units, rated }: TypesenseDocument): TypesenseFacts {
  return { id, in_stock, units, rated };
}

/** A query is looked for as it was typed: what the rows make of it stands here, beside each word. */
function formsOfTexts({ name, brand, categories, details, description }: SearchTexts): string {
  const chunks = [
    ...chunksOf([name, brand, ...categories, details].join(' ')),
    ...chunksOf(description).slice(0, DESCRIPTION_WORDS),
  ];
  const forms = chunks.flatMap((parts) => {
    const all = formsOf(parts);
    return [...all, ...all.flatMap(pluralsOf)].filter((form) => !parts.includes(form));
  });
  return [...new Set(forms)].join(' ');
}
