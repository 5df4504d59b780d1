/** The price of a cart. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { money, sum } from '../money.ts';
import { id, termsFor, usd } from '../testing/samples.ts';
import { quote } from './price.ts';
import { quoteSchema } from './schema.ts';

const shippingOption = { id: 'standard', name: 'Standard', price: usd(500) };
const line = (quantity: number, cents: number) => ({ name: 'Headphones', quantity, unitPrice: usd(cents) });

describe('a quote', () => {
  it('adds items, shipping and tax on both', () => {
    const quoted = quote({ currency: 'USD', lines: [line(2, 1999), line(1, 1)], shippingOption, taxBasisPoints: 825 });
    expect(quoted.totals).toEqual({
      items: usd(3999),
      discount: usd(0),
      shipping: usd(500),
      // 8.25 % of 44.99 is 3.711…
      tax: usd(371),
      total: usd(4870),
    });
    expect(quoted.lines.map(({ lineTotal }) => lineTotal)).toEqual([usd(3998), usd(1)]);
  });

  it('explains each figure', () => {
    const { explanation } = quote({ currency: 'USD', lines: [line(2, 1999)], shippingOption, taxBasisPoints: 825 });
    expect(explanation).toEqual([
      { kind: 'item', label: '2 × Headphones', amount: usd(3998) },
      { kind: 'shipping', label: 'Standard', amount: usd(500) },
      { kind: 'tax', label: 'Tax 8.25 % on items and shipping', amount: usd(371) },
    ]);
  });

  it.each([
    [700, 'Tax 7 %'],
    [805, 'Tax 8.05 %'],
    [1950, 'Tax 19.5 %'],
  ])('writes %i basis points as "%s"', (taxBasisPoints, label) => {
    const { explanation } = quote({ currency: 'USD', lines: [line(1, 1000)], shippingOption, taxBasisPoints });
    expect(explanation.at(-1)?.label).toBe(`${label} on items and shipping`);
  });

  it('has no tax where there is none', () => {
    const { totals, explanation } = quote({ currency: 'USD', lines: [line(1, 1)], shippingOption, taxBasisPoints: 0 });
    expect(totals.tax).toEqual(usd(0));
    expect(explanation.map(({ kind }) => kind)).toEqual(['item', 'shipping']);
  });

  it('rounds once, on the sum: three times half a cent of tax is two cents, not three', () => {
    const free = { ...shippingOption, price: usd(0) };
    const lines = [line(1, 5), line(1, 5), line(1, 5)];
    expect(quote({ currency: 'USD', lines, shippingOption: free, taxBasisPoints: 1_000 }).totals.tax).toEqual(usd(2));
  });

  it('of nothing is nothing, shipping included', () => {
    const { totals, explanation } = quote({ currency: 'USD', lines: [], shippingOption, taxBasisPoints: 825 });
    expect(totals.total).toEqual(usd(0));
    expect(explanation).toEqual([]);
  });

  it('fits what an order is placed with', () => {
    const { quote: quoted } = termsFor(id(40), [{ variantId: id(21), quantity: 2 }]);
    expect(quoteSchema.parse(quoted)).toEqual(quoted);
  });

  it('refuses to mix currencies', () => {
    const lines = [{ ...line(1, 1), unitPrice: money(1, 'EUR') }];
    expect(() => quote({ currency: 'USD', lines, shippingOption, taxBasisPoints: 0 })).toThrow('cannot mix');
  });
});

describe('totals', () => {
  const input = fc.record({
    currency: fc.constant('USD'),
    lines: fc.array(
      fc.record({
        name: fc.constant('x'),
        quantity: fc.integer({ min: 1, max: 999 }),
        unitPrice: fc.integer({ min: 0, max: 10_000_000_000 }).map(usd),
      }),
      { minLength: 1, maxLength: 100 },
    ),
    shippingOption: fc
      .integer({ min: 0, max: 10_000_000_000 })
      .map((cents) => ({ ...shippingOption, price: usd(cents) })),
    taxBasisPoints: fc.integer({ min: 0, max: 10_000 }),
  });

  it('are the sum of their lines, exactly, up to the largest cart there can be', () => {
    fc.assert(
      fc.property(input, (asked) => {
        const { lines, totals, explanation } = quote(asked);
        const lineTotals = lines.map(({ lineTotal }) => lineTotal);
        expect(totals.items).toEqual(sum(lineTotals, 'USD'));
        const exact = lines.reduce(
          (all, { quantity, unitPrice }) => all + BigInt(quantity) * BigInt(unitPrice.amount),
          0n,
        );
        expect(BigInt(totals.items.amount)).toBe(exact);
        const { items, discount, shipping, tax, total } = totals;
        expect(total.amount).toBe(items.amount - discount.amount + shipping.amount + tax.amount);
        expect(Number.isSafeInteger(total.amount)).toBe(true);
        const explained = explanation.map(({ amount }) => amount);
        expect(sum(explained, 'USD')).toEqual(total);
      }),
    );
  });
});
