/** Money: whole minor units, one currency, one rounding point. */
import { describe, expect, it } from '@jest/globals';
import { add, money, moneySchema, priceSchema, sameMoney, shareOf, subtract, sum, times } from './money.ts';

describe('money', () => {
  it('adds and subtracts in one currency', () => {
    expect(add(money(2, 'USD'), money(3, 'USD'))).toEqual(money(5, 'USD'));
    expect(subtract(money(2, 'USD'), money(3, 'USD'))).toEqual(money(-1, 'USD'));
    expect(sum([money(2, 'USD'), money(3, 'USD')], 'USD')).toEqual(money(5, 'USD'));
    expect(times(money(2, 'USD'), 3)).toEqual(money(6, 'USD'));
  });
  it('never mixes currencies', () => {
    expect(() => add(money(2, 'USD'), money(3, 'EUR'))).toThrow('cannot mix USD and EUR');
    expect(() => sum([money(3, 'EUR')], 'USD')).toThrow('cannot mix');
    expect(sameMoney(money(2, 'USD'), money(2, 'EUR'))).toBe(false);
  });
  it.each([
    [1050, 825, 87],
    [50, 100, 1],
    [49, 100, 0],
    [100, 10_000, 100],
    [9_000_000_000_000_000, 9_999, 8_999_100_000_000_000],
  ])('of %i at %i basis points is %i, rounded half up', (amount, basisPoints, share) =>
    expect(shareOf(money(amount, 'USD'), basisPoints)).toEqual(money(share, 'USD')),
  );
  it('refuses fractions, negative amounts and unknown shapes', () => {
    for (const wrong of [
      { amount: 1.5, currency: 'USD' },
      { amount: -1, currency: 'USD' },
      { amount: 1, currency: 'usd' },
    ]) {
      expect(moneySchema.safeParse(wrong).success).toBe(false);
    }
  });
  it('keeps prices so small that a full cart stays exact', () => {
    expect(priceSchema.safeParse(money(10_000_000_000, 'USD')).success).toBe(true);
    expect(priceSchema.safeParse(money(10_000_000_001, 'USD')).success).toBe(false);
  });
});
