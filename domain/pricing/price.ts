/**
 * The price of a cart: one pure function from lines, shipping and a tax rate to totals and the figures that explain
 * them. Tax is one rate on items less discount plus shipping, rounded once, on the sum; prices are without tax.
 */
import { add, type Money, money, shareOf, subtract, sum, times } from '../money.ts';
import type { Explanation, ShippingOption, Totals } from './schema.ts';

/** What pricing needs to know of a line; what else it carries is handed through. */
export type PricedLine = { readonly name: string; readonly quantity: number; readonly unitPrice: Money };

export type QuoteInput<L extends PricedLine> = {
  /** Of the cart; lines and shipping must be in it. */
  readonly currency: string;
  readonly lines: readonly L[];
  readonly shippingOption: ShippingOption;
  /** 825 is 8.25 %. */
  readonly taxBasisPoints: number;
};

/** Fits `Quote` where the lines are those of an order. */
export type Quoted<L extends PricedLine> = {
  readonly currency: string;
  readonly lines: (L & { readonly lineTotal: Money })[];
  readonly totals: Totals;
  /** Their amounts add up to the total. */
  readonly explanation: Explanation[];
  readonly shippingOption: ShippingOption;
};

/** Prices a cart; nothing in it costs nothing, shipping included. Throws on two currencies, a bug of the caller. */
export function quote<L extends PricedLine>(input: QuoteInput<L>): Quoted<L> {
  const { currency, shippingOption, taxBasisPoints } = input;
  const lines = input.lines.map((line) => ({ ...line, lineTotal: times(line.unitPrice, line.quantity) }));
  const items = sum(
    lines.map(({ lineTotal }) => lineTotal),
    currency,
  );
  const discount = money(0, currency);
  const shipping = lines.length === 0 ? money(0, currency) : shippingOption.price;
  const taxable = add(subtract(items, discount), shipping);
  const tax = shareOf(taxable, taxBasisPoints);
  const explanation: Explanation[] = [
    ...lines.map(({ name, quantity, lineTotal }) => explain('item', `${quantity} × ${name}`, lineTotal)),
    ...(lines.length === 0 ? [] : [explain('shipping', shippingOption.name, shipping)]),
    ...(tax.amount === 0 ? [] : [explain('tax', `Tax ${percent(taxBasisPoints)} on items and shipping`, tax)]),
  ];
  return {
    currency,
    lines,
    totals: { items, discount, shipping, tax, total: add(taxable, tax) },
    explanation,
    shippingOption,
  };
}

function explain(kind: Explanation['kind'], label: string, amount: Money): Explanation {
  return { kind, label, amount };
}

/** 825 as `8.25 %`. */
function percent(basisPoints: number): string {
  const hundredths = String(basisPoints % 100)
    .padStart(2, '0')
    .replace(/0+$/, '');
  const whole = Math.floor(basisPoints / 100);
  return hundredths === '' ? `${whole} %` : `${whole}.${hundredths} %`;
}
