/** How text becomes words, how words are told apart, and what a document is made of. */
import { describe, expect, it } from '@jest/globals';
import type { ProductRow } from '../products/projection.ts';
import { documentOf, toVector } from './document.ts';
import { closeness, distance, errorsForgiven } from './spelling.ts';
import { fold, formsOf, pluralsOf, singular, wordsOf } from './words.ts';

describe('words', () => {
  it('have no case, no accents, no apostrophes', () => {
    expect(fold('Café Ønskø STRASSE ß Łódź')).toBe('cafe onsko strasse ss lodz');
    expect(wordsOf("Men's 4.5-inch MDR-ZX110!")).toEqual(['mens', '4', '5', 'inch', 'mdr', 'zx110']);
    expect(wordsOf('日本 語')).toEqual(['日本', '語']);
    expect(wordsOf('Insignia™ Xperia℠XZ Pro® “Quote’d”')).toEqual(['insignia', 'xperiaxz', 'pro', 'quoted']);
    expect(wordsOf("It's `so` 5' long\nnow")).toEqual(['its', 'so', '5', 'long', 'now']);
  });
  it('of a model number are found whole and in parts, of a measure as number and unit', () => {
    expect(formsOf(['mdr', 'zx110'])).toEqual(['mdr', 'zx110', 'mdrzx110']);
    expect(formsOf(['64gb'])).toEqual(['64gb', '64', 'gb']);
  });
  it.each([
    ['headphones', 'headphone'],
    ['boxes', 'box'],
    ['batteries', 'battery'],
    ['glasses', 'glass'],
    ['glass', 'glass'],
    ['bus', 'bus'],
    ['tvs', 'tvs'],
  ])('of %s has the singular %s', (many, single) => expect(singular(many)).toBe(single));
  it('have plurals that are undone again, or none', () => {
    const plurals = ['headphone', 'box', 'battery', 'key', 'glass', 'bus', 'tv', '64gb'].flatMap(pluralsOf);
    expect(plurals).toEqual(['headphones', 'boxes', 'batteries', 'keys', 'glasses']);
  });
});

describe('typing errors', () => {
  it.each([
    ['hedphones', 'headphones', 1],
    ['haedphones', 'headphones', 1],
    ['same', 'same', 0],
    ['kitten', 'sitting', 3],
    ['ab', 'abcdef', 3],
  ])('from %s to %s are %i, counted to two', (a, b, errors) => expect(distance(a, b, 2)).toBe(errors));
  it('are forgiven more in longer words, and never in numbers', () => {
    expect(['tv', 'sony', 'headphones', '12345678'].map(errorsForgiven)).toEqual([0, 1, 2, 0]);
  });
  it('count to the beginning only while a word is still being typed', () => {
    expect(closeness('hedpho', 'headphones', { most: 1, prefix: true })).toBe(1);
    expect(closeness('hedpho', 'headphones', { most: 1, prefix: false })).toBe(2);
  });
});

describe('documents', () => {
  const product: ProductRow = {
    product_id: 'p',
    seller_id: 's',
    slug: 'set',
    name: 'Set of the Year',
    brand: 'Böhm',
    category_id: 'c',
    status: 'published',
    description: 'the best',
    specifications: [],
    popularity: 5,
    images: [],
    variants: [
      { variantId: 'v', sku: null, options: {}, price: { amount: 9, currency: 'EUR' } },
      { variantId: 'w', sku: null, options: {}, price: { amount: 4, currency: 'EUR' } },
      { variantId: 'x', sku: null, options: {}, price: { amount: 1, currency: 'USD' } },
    ],
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  };
  const source = {
    product,
    sellerStatus: 'approved',
    categories: [{ id: 'c', name: 'Audio' }],
    inStock: true,
    sold: 2,
  };
  it('have prices in the currency of the first variant, and what sold before and here', () => {
    expect(documentOf(source)).toMatchObject({ currency: 'EUR', prices: [4, 9], price_from: 4, price_to: 9, units: 7 });
  });
  it('do not exist for what nobody can buy', () => {
    expect(documentOf({ ...source, sellerStatus: 'suspended' })).toBeUndefined();
    expect(documentOf({ ...source, product: { ...product, status: 'draft' } })).toBeUndefined();
    expect(documentOf({ ...source, product: { ...product, variants: [] } })).toBeUndefined();
  });
  it('weigh the name before brand and category, and leave idle words of the description out', () => {
    const words = documentOf(source)?.words ?? '';
    expect(words).toContain("'year':4A");
    expect(words).toContain("'bohm':5B");
    expect(words).toContain("'audio':6B");
    expect(words).toContain("'the':3A ");
    expect(toVector([{ text: 'a a b', weight: 'A' }])).toBe("'a':1A,2A 'b':3A");
  });
});
