/** Values of options: a wrong one is wrong usage, and no time is guessed at. */
import { describe, expect, it } from '@jest/globals';
import { currencyCode, instant, several, wholeNumber } from './options.ts';

describe('a time', () => {
  it.each([
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T12:00Z', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00.5+02:00', '2026-11-22T10:00:00.500Z'],
  ])('%s is %s', (value, time) => expect(instant(value)).toBe(time));
  it.each(['12', 'yesterday', '2026-11-22T12:00:00', '2026-13-01', '22.11.2026', ''])('%p is none', (value) =>
    expect(() => instant(value)).toThrow(/2026-11-22T12:00:00Z/),
  );
});

describe('other options', () => {
  it('take whole numbers from 0', () => {
    expect(wholeNumber('0')).toBe(0);
    for (const value of ['-1', '1.5', '1e3', '', ' 1']) expect(() => wholeNumber(value)).toThrow(/whole number/);
  });
  it('take currencies that exist', () => {
    expect(currencyCode('JPY')).toBe('JPY');
    for (const value of ['usd', 'ABC', '']) expect(() => currencyCode(value)).toThrow(/ISO 4217/);
  });
  it('may repeat, or join what they name', () => expect(several('c,d', several('a,b'))).toEqual(['a', 'b', 'c', 'd']));
});
