/** What a cart comes to before its address is known: with the flat shipping option, and the tax of the home country. */
import { money } from '../domain/money.ts';
import { quote } from '../domain/pricing/price.ts';
import type { PriceCart } from '../projections/carts/queries.ts';

export type CartPricing = {
  readonly shipping: { readonly id: string; readonly name: string; readonly amount: number };
  readonly taxBasisPoints: Readonly<Record<string, number>>;
};

// A cart names no country. Most are sent to this one, and then the checkout comes to the same total; for another
// country the checkout asks for that country's tax.
const ASSUMED_COUNTRY = 'US';

export function cartPricer({ shipping, taxBasisPoints }: CartPricing): PriceCart {
  return (lines, currency) =>
    quote({
      currency,
      lines: lines.map((line) => ({ ...line, name: '' })),
      shippingOption: { id: shipping.id, name: shipping.name, price: money(shipping.amount, currency) },
      taxBasisPoints: taxBasisPoints[ASSUMED_COUNTRY] ?? 0,
    }).totals;
}
