/** What of an order's quote is each seller's: its lines, and its part of a discount that was given on the whole order. */
import type { Quote } from '../../domain/pricing/schema.ts';

/** Units, and minor units of the order's currency: prices without tax and shipping, and what was taken off them. */
export type Figures = { readonly units: number; readonly gross: number; readonly discounts: number };

export type LineShare = Figures & { readonly productId: string; readonly variantId: string };

/** A seller's part of one order: the sums of its lines, and the lines. */
export type Share = Figures & { readonly lines: readonly LineShare[] };

/** Shares by seller id; what they hold adds up to the quote's items and its discount, to the minor unit. */
export function sharesOf({ lines, totals }: Quote): Readonly<Record<string, Share>> {
  const discounts = split(
    totals.discount.amount,
    lines.map(({ lineTotal }) => lineTotal.amount),
  );
  const shares: Record<string, Share> = {};
  for (const [at, { sellerId, productId, variantId, quantity, lineTotal }] of lines.entries()) {
    const line = { productId, variantId, units: quantity, gross: lineTotal.amount, discounts: discounts[at] ?? 0 };
    shares[sellerId] = withLine(shares[sellerId], line);
  }
  return shares;
}

function withLine(share: Share = { units: 0, gross: 0, discounts: 0, lines: [] }, line: LineShare): Share {
  return {
    units: share.units + line.units,
    gross: share.gross + line.gross,
    discounts: share.discounts + line.discounts,
    lines: [...share.lines, line],
  };
}

/** Splits an amount by weights: each part is the growth of a running total that is rounded down, so none is lost. */
export function split(amount: number, weights: readonly number[]): readonly number[] {
  const whole = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  let weighed = 0n;
  let given = 0n;
  return weights.map((weight) => {
    weighed += BigInt(weight);
    const due = whole === 0n ? 0n : (BigInt(amount) * weighed) / whole;
    const part = due - given;
    given = due;
    return Number(part);
  });
}
