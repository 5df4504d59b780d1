/** Money: an integer number of minor units and an ISO 4217 currency. Floating point never touches an amount. */
import { z } from 'zod';

/** ISO 4217 alphabetic code. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code such as USD' });

/** Minor units; whole numbers are exact up to here (2^53 - 1). */
export const moneySchema = z.strictObject({
  amount: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  currency: currencySchema,
});

/** A price of one unit, or of shipping: 10^10 minor units. 999 x 100 lines of that, with tax, stay exact. */
export const priceSchema = z.strictObject({
  amount: z.number().int().min(0).max(10_000_000_000),
  currency: currencySchema,
});

export type Money = z.output<typeof moneySchema>;

/** `money(1999, 'USD')` is 19.99 dollars. */
export function money(amount: number, currency: string): Money {
  return { amount, currency };
}

/** Sum of two amounts; throws on two currencies, which is a bug of the caller. */
export function add(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amount: a.amount + b.amount, currency: a.currency };
}

/** Difference of two amounts; throws on two currencies. May be negative: the caller decides what that means. */
export function subtract(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amount: a.amount - b.amount, currency: a.currency };
}

/** A price for a number of units. */
export function times(price: Money, quantity: number): Money {
  return { amount: price.amount * quantity, currency: price.currency };
}

/** Sum of a list in one currency; nothing sums to zero. */
export function sum(amounts: readonly Money[], currency: string): Money {
  return amounts.reduce(add, money(0, currency));
}

/** Whether both are the same amount of the same currency. */
export function sameMoney(a: Money, b: Money): boolean {
  return a.amount === b.amount && a.currency === b.currency;
}

/**
 * The one rounding point of Souk: a share of an amount in basis points (1/100 of a percent), rounded half up to the
 * minor unit. `shareOf(money(1050, 'USD'), 825)` is 8.25 % of 10.50 = 0.866… → 0.87.
 */
export function shareOf(amount: Money, basisPoints: number): Money {
  const exact = BigInt(amount.amount) * BigInt(basisPoints);
  return { amount: Number((exact + 5_000n) / 10_000n), currency: amount.currency };
}

function assertSameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new Error(`cannot mix ${a.currency} and ${b.currency}`);
}
