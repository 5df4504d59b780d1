/** What a cart costs before its address is known: items and the flat shipping; no country, no tax. */
import { quote } from '../../domain/pricing/price.ts';
import type { PriceCart } from './queries.ts';

/** Minor units, in whatever currency the cart has. */
export type ShippingSettings = { readonly id: string; readonly name: string; readonly amount: number };

export function cartTotals(shipping: ShippingSettings): PriceCart {
  return (lines, currency) => {
    const { id, name, amount } = shipping;
    return quote({
      currency,
      lines: lines.map(({ quantity, unitPrice }) => ({ name: '', quantity, unitPrice })),
      shippingOption: { id, name, price: { amount, currency } },
      taxBasisPoints: 0,
    }).totals;
  };
}
