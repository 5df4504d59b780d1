/** Cursors are given, not made. */
import { describe, expect, it } from '@jest/globals';
import { createCursorCodec } from './cursors.ts';

const codec = createCursorCodec(Buffer.alloc(32, 1));

describe('a cursor', () => {
  it('gives back the place it was made of', () => {
    const cursor = codec.encode('orders', ['2026-01-01', 'a', 7]);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(codec.decode('orders', cursor)).toEqual(['2026-01-01', 'a', 7]);
  });

  it('that was changed, cut, made up, or is another list’s or key’s is refused', () => {
    const cursor = codec.encode('orders', ['a']);
    const changed = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`;
    const foreign = createCursorCodec(Buffer.alloc(32, 2)).encode('orders', ['a']);
    for (const wrong of [changed, cursor.slice(0, -4), 'abc', '', 'x'.repeat(40), '../../etc', foreign]) {
      expect(() => codec.decode('orders', wrong)).toThrow(expect.objectContaining({ name: 'HttpProblem' }));
    }
    expect(() => codec.decode('products', cursor)).toThrow(/cursor/);
  });
});
