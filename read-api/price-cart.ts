/** What a cart comes to before its address is known: with the flat shipping option, and the tax of the one country served. */
import { money } from '../domain/money.ts';
import { quote } from '../domain/pricing/price.ts';
import type { PriceCart } from '../projections/carts/queries.ts';

export type CartPricing = {
  readonly shipping: { readonly id: string; readonly name: string; readonly amount: number };
  readonly taxBasisPoints: Readonly<Record<string, number>>;
};

// The only country an address can name (API.md, Address): the same total is then asked for at checkout.
const COUNTRY = 'US';

export function cartPricer({ shipping, taxBasisPoints }: CartPricing): PriceCart {
  return (lines, currency) =>
    quote({
      currency,
      lines: lines.map((line) => ({ ...line, name: '' })),
      shippingOption: { id: shipping.id, name: shipping.name, price: money(shipping.amount, currency) },
      taxBasisPoints: taxBasisPoints[COUNTRY] ?? 0,
    }).totals;
}
