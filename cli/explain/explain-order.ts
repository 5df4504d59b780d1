/** An order: each line's quantity and price, its totals, its money and its end, traced to the facts that made them. */
import { cartDecider } from '../../domain/carts/decide.ts';
import { type Money, times } from '../../domain/money.ts';
import { orderDecider } from '../../domain/orders/decide.ts';
import type { OrderTerms } from '../../domain/orders/events.ts';
import { orderStanding } from '../../domain/orders/standing.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import { quote } from '../../domain/pricing/price.ts';
import type { OrderLine } from '../../domain/pricing/schema.ts';
import { explainPayment } from './explain-payment.ts';
import { priceChanges } from './explain-price.ts';
import {
  type Explanation,
  type Figure,
  type FormatPosition,
  factOf,
  type Seen,
  sameValue,
  shownValue,
  stateOf,
  statesOf,
  summed,
  told,
} from './explanation.ts';
import { taxRateOf } from './tax-rate.ts';

/** The streams an order came of, each whole; those that are not there are empty. */
export type OrderHistory = {
  readonly orderId: string;
  readonly order: readonly Seen[];
  readonly cart: readonly Seen[];
  readonly payment: readonly Seen[];
  /** By product id. */
  readonly products: ReadonlyMap<string, readonly Seen[]>;
};

/** A price is read before it is frozen, up to a second late, and clocks differ. */
const SLACK_MS = 5_000;

type Frozen = {
  readonly terms: OrderTerms;
  /** The event that froze it for good. */
  readonly by: Seen;
  /** The cart up to its checkout. */
  readonly cart: readonly Seen[];
  readonly format: FormatPosition;
};

/** What an order is made of, and where it says so; undefined where it was neither placed nor its cart checked out. */
export function frozenTerms({ orderId, order, cart }: Pick<OrderHistory, 'orderId' | 'order' | 'cart'>) {
  const checkout = cart.find(({ event }) => event.type === 'CartCheckedOut' && event.data.terms.orderId === orderId);
  const placed = order.find(({ event }) => event.type === 'OrderPlaced');
  const by = placed ?? checkout;
  if (by?.event.type === 'OrderPlaced') return { terms: by.event.data, by, checkout };
  return by?.event.type === 'CartCheckedOut' ? { terms: by.event.data.terms, by, checkout } : undefined;
}

/** Undefined where there is no such order. */
export function explainOrder(history: OrderHistory, format: FormatPosition): Explanation | undefined {
  const { orderId, cart, payment, products } = history;
  const found = frozenTerms(history);
  if (found === undefined) return undefined;
  const { terms, by, checkout } = found;
  const frozen: Frozen = { terms, by, cart: checkout ? cart.slice(0, cart.indexOf(checkout)) : cart, format };
  return {
    subject: `order ${terms.number} (${orderId})`,
    figures: [
      ...terms.quote.lines.flatMap((line, at) =>
        lineFigures(frozen, { line, name: `line ${at + 1}`, product: products.get(line.productId) ?? [] }),
      ),
      ...totalFigures(frozen),
      ...explainPayment(payment, { currency: terms.quote.currency, format }),
      statusFigure(history, frozen),
    ],
  };
}

type Line = { readonly line: OrderLine; readonly name: string; readonly product: readonly Seen[] };

function lineFigures(frozen: Frozen, { line, name, product }: Line): readonly Figure[] {
  const { quantity, unitPrice, lineTotal } = line;
  const total = told(`${name} total`, lineTotal, [factOf(frozen.by, times(unitPrice, quantity), frozen.format)]);
  return [
    quantityFigure(frozen, line, `${name} quantity`),
    priceFigure(frozen, { line, name: `${name} unit price`, product }),
    total.holds ? { ...total, remark: `${quantity} × ${shownValue(unitPrice)}` } : total,
  ];
}

/** The cart's events that changed how many of it were in the cart. */
function quantityFigure({ cart, format }: Frozen, { variantId, quantity }: OrderLine, name: string): Figure {
  const inCart = statesOf(cartDecider, cart).map((state) => {
    const lines = state.status === 'none' ? [] : state.lines;
    return lines.find((line) => line.variantId === variantId)?.quantity ?? 0;
  });
  const facts = cart.flatMap((seen, at) => {
    const change = (inCart[at] ?? 0) - (inCart[at - 1] ?? 0);
    return change === 0 ? [] : [factOf(seen, change, format)];
  });
  return summed(name, quantity, facts);
}

/** The event that gave the variant the price it was sold at, if that price stood when the order was made. */
function priceFigure({ terms, by, format }: Frozen, { line, name, product }: Line): Figure {
  const changes = priceChanges(line.variantId, product);
  const stood = changes.filter((_, at) => {
    const from = changes[at]?.seen.event.at ?? '';
    const to = changes[at + 1]?.seen.event.at ?? '';
    const began = Date.parse(from) <= Date.parse(by.event.at) + SLACK_MS;
    return began && (to === '' || Date.parse(to) >= Date.parse(terms.placedAt) - SLACK_MS);
  });
  const source = stood.findLast(({ price }) => sameValue(price, line.unitPrice)) ?? stood.at(-1);
  return told(name, line.unitPrice, source ? [factOf(source.seen, source.price, format)] : [], line.name);
}

const TOTALS = ['items', 'discount', 'shipping', 'tax', 'total'] as const;

/** The price is made once more by the shop's own rule, from the lines, the shipping option and the tax rate. */
function totalFigures({ terms, by, format }: Frozen): readonly Figure[] {
  const { currency, lines, shippingOption, totals, explanation } = terms.quote;
  const again = quote({ currency, lines, shippingOption, taxBasisPoints: taxRateOf(explanation) }).totals;
  const remarks: Partial<Record<(typeof TOTALS)[number], string>> = {
    items: lines.map(({ lineTotal }) => shownValue(lineTotal)).join(' + '),
    shipping: shippingOption.name,
    tax: explanation.find(({ kind }) => kind === 'tax')?.label ?? 'no tax',
    total: 'items - discount + shipping + tax',
  };
  return TOTALS.map((name) => told(name, totals[name], [factOf(by, again[name] as Money, format)], remarks[name]));
}

/** Who decided it is the actor of its last fact. */
function statusFigure({ orderId, order: events, payment: paid }: OrderHistory, { format }: Frozen): Figure {
  const order = stateOf(orderDecider, events);
  const { status, reason } = orderStanding({ orderId, order, payment: stateOf(paymentDecider, paid) });
  const decided = statesOf(orderDecider, events).flatMap((state, at) => {
    const alone = orderStanding({ orderId, order: state, payment: paymentDecider.initialState });
    return events.slice(at, at + 1).map((seen) => factOf(seen, alone.status, format));
  });
  const challenge = paid.findLast(({ event }) => event.type === 'PaymentChallenged');
  const asked = status === 'action_required' && challenge ? [factOf(challenge, status, format)] : [];
  return told('status', status, [...decided, ...asked], reason && `${reason.code}: ${reason.detail}`);
}
