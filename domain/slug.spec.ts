/** Names as they stand in web addresses. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { slugify } from './slug.ts';

describe('a slug', () => {
  it.each([
    ['Head Phones', 'head-phones'],
    ['  Crème  Brûlée! ', 'creme-brulee'],
    ['Größe & Łódź', 'grosse-and-lodz'],
    ['Men\'s 5" Bolt', 'mens-5-bolt'],
    ['ﬁne ½', 'fine-1-2'],
    ['耳机', 'item'],
    ['', 'item'],
    ['---', 'item'],
  ])('of "%s" is "%s"', (name, slug) => expect(slugify(name)).toBe(slug));

  it('is lower-case ASCII, joined by single dashes, and never empty or long, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
        const slug = slugify(name);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('stays as it is when made again', () => {
    fc.assert(fc.property(fc.string(), (name) => expect(slugify(slugify(name))).toBe(slugify(name))));
  });
});
