/** What explanations say, and that they notice when figures and facts part. */
import { describe, expect, it } from '@jest/globals';
import { money } from '../../domain/money.ts';
import { quote } from '../../domain/pricing/price.ts';
import { happened } from '../../domain/testing/payments.ts';
import { id, termsFor, usd } from '../../domain/testing/samples.ts';
import type { Position, StoredEvent } from '../../event-store/port.ts';
import { explainOrder, type OrderHistory } from './explain-order.ts';
import { explainPrice } from './explain-price.ts';
import { explainStock } from './explain-stock.ts';
import { type Explanation, type Seen, seen, shownValue } from './explanation.ts';
import { explanationTable, ledgerTable } from './explanation-table.ts';
import { taxRateOf } from './tax-rate.ts';

const [productId, sellerId, orderId, cartId, variantId] = [id(20), id(10), id(40), id(30), id(21)];
const other = id(22);
let position = 0;

type Given = { readonly type: string; readonly data: object; readonly at?: string; readonly actor?: string };

/** A stream of these events, one a second from noon, in the order in which they are told here. */
function stream(name: string, ...events: readonly Given[]): readonly Seen[] {
  const stored = events.map(({ type, data, at, actor = 'user:1' }, revision) => {
    position += 1;
    const time = at ?? `2026-03-01T11:00:${String(position % 60).padStart(2, '0')}.000Z`;
    const ids = { $correlationId: 'c', $causationId: 'c', commandId: 'c' };
    const metadata = { ...ids, actor, occurredAt: time, recordedAt: time, schemaVersion: 1 };
    const place = { position: String(position).padStart(16, '0') as Position, stream: name, revision };
    return { ...place, id: id(position), type, data, metadata } as StoredEvent;
  });
  return seen(stored);
}
const format = (at: Position) => `p${Number(at)}`;
const figures = (explanation: Explanation | undefined) =>
  Object.fromEntries((explanation?.figures ?? []).map((figure) => [figure.figure, figure]));

const added = (price: number, to = variantId) => ({
  type: 'VariantAdded',
  data: { productId, sellerId, variantId: to, sku: null, options: {}, price: usd(price) },
});
const repriced = (price: number, more: Partial<Given> = {}) => ({
  type: 'VariantRepriced',
  data: { productId, variantId, price: usd(price) },
  ...more,
});
const drafted = {
  type: 'ProductDrafted',
  data: {
    ...{ productId, sellerId, slug: 'lamp', name: 'Lamp', description: '', brand: 'Acme', categoryId: id(5) },
    ...{ specifications: [], popularity: 0, images: [] },
  },
};
const item = (quantity: number, was = 0) => ({
  type: 'ItemAdded',
  data: { cartId, quantity, line: { variantId, productId, quantity: was + quantity, unitPrice: usd(1_999) } },
});
const terms = termsFor(orderId, [{ variantId, quantity: 3 }]);
const opened = { type: 'CartOpened', data: { cartId, buyerId: id(1), cartTokenHash: null } };
const checkedOut = { type: 'CartCheckedOut', data: { cartId, terms } };
const total = terms.quote.totals.total;
const paid = [happened.requested, happened.authorised, happened.captureRequested(1), happened.captured(1)].map(
  (event) => ('amount' in event.data ? { ...event, data: { ...event.data, amount: total } } : event),
);

function history(of: Partial<Record<'order' | 'cart' | 'payment' | 'product', readonly Given[]>> = {}): OrderHistory {
  const product = stream(
    `product-${productId}`,
    ...(of.product ?? [drafted, added(2_500), repriced(1_999), added(1, other)]),
  );
  const cart = stream(`cart-${cartId}`, ...(of.cart ?? [opened, item(1), item(1, 1), changed(3), checkedOut]));
  const confirmed = { type: 'OrderConfirmed', data: { orderId, cartId }, actor: 'process:checkout' };
  const order = stream(`order-${orderId}`, ...(of.order ?? [{ type: 'OrderPlaced', data: terms }, confirmed]));
  const payment = stream(`payment-${id(50)}`, ...(of.payment ?? paid));
  return { orderId, order, cart, payment, products: new Map([[productId, product]]) };
}
const changed = (quantity: number) => ({
  type: 'QuantityChanged',
  data: { cartId, variantId, quantity, unitPrice: usd(1_999) },
});

describe('an order', () => {
  it('has each figure with the facts that made it', () => {
    const explained = explainOrder(history(), format);
    const told = figures(explained);
    expect(explained?.figures.filter(({ holds }) => !holds)).toEqual([]);
    expect(told['line 1 quantity']).toMatchObject({
      value: 3,
      because: [
        { type: 'ItemAdded', change: 1, after: 1 },
        { type: 'ItemAdded', change: 1, after: 2 },
        { type: 'QuantityChanged', change: 1, after: 3 },
      ],
    });
    expect(told['line 1 unit price']).toMatchObject({
      value: usd(1_999),
      because: [{ type: 'VariantRepriced', stream: `product-${productId}`, revision: 2, change: usd(1_999) }],
    });
    expect(told['line 1 total']).toMatchObject({ value: usd(5_997), remark: '3 × 19.99 USD' });
    expect(told.tax).toMatchObject({ value: usd(536), remark: 'Tax 8.25 % on items and shipping' });
    expect(told.total).toMatchObject({ value: usd(7_033), because: [{ type: 'OrderPlaced', change: usd(7_033) }] });
    expect(told.captured).toMatchObject({ value: usd(7_033), because: [{ type: 'PaymentCaptured' }] });
    expect(told.payment).toMatchObject({ value: 'captured' });
    expect(told.status).toMatchObject({
      value: 'confirmed',
      because: [{ change: 'placed' }, { type: 'OrderConfirmed', change: 'confirmed', actor: 'process:checkout' }],
    });
  });

  it('takes the price that stood then, not a later one, nor one that was over', () => {
    const late = repriced(3_000, { at: '2026-03-01T12:30:00.000Z' });
    const kept = figures(explainOrder(history({ product: [drafted, added(1_999), late] }), format));
    expect(kept['line 1 unit price']).toMatchObject({ holds: true, because: [{ type: 'VariantAdded' }] });
    const over = figures(explainOrder(history({ product: [drafted, added(1_999), repriced(2_500)] }), format));
    expect(over['line 1 unit price']).toMatchObject({ holds: false, remark: 'the last fact says 25.00 USD' });
  });

  it('lets a price pass that changed while the order was made', () => {
    const meanwhile = repriced(2_500, { at: '2026-03-01T11:59:58.000Z' });
    const told = figures(explainOrder(history({ product: [drafted, added(1_999), meanwhile] }), format));
    expect(told['line 1 unit price']).toMatchObject({ holds: true, because: [{ type: 'VariantAdded' }] });
  });

  it('says which totals the rule of pricing does not come to', () => {
    const totals = { ...terms.quote.totals, tax: usd(1), total: usd(6_498) };
    const wrong = { ...terms, quote: { ...terms.quote, totals } };
    const told = figures(explainOrder(history({ order: [{ type: 'OrderPlaced', data: wrong }] }), format));
    expect(told.items).toMatchObject({ holds: true });
    expect(told.tax).toMatchObject({ holds: false, remark: 'the last fact says 5.36 USD' });
    expect(told.total).toMatchObject({ holds: false });
  });

  it('says where the cart does not come to the quantity', () => {
    const told = figures(explainOrder(history({ cart: [opened, item(2), checkedOut] }), format));
    expect(told['line 1 quantity']).toMatchObject({ holds: false, remark: 'the facts come to 2' });
  });

  it('adds up refunds, and says where the payment knows nothing of one', () => {
    const one = [...paid, happened.refundRequested(1, usd(500)), happened.refundSettled(1, usd(500))];
    const two = [...one, happened.refundRequested(2, usd(200)), happened.refundSettled(2, usd(200))];
    const told = figures(explainOrder(history({ payment: two }), format));
    expect(told.refunded).toMatchObject({
      value: usd(700),
      holds: true,
      because: [{ after: usd(500) }, { after: usd(700) }],
    });
    expect(told.payment).toMatchObject({ value: 'partly_refunded' });
    const unknown = [...one, happened.refundSettled(3, usd(200))];
    expect(figures(explainOrder(history({ payment: unknown }), format)).refunded).toMatchObject({
      value: usd(500),
      holds: false,
      remark: 'the facts come to 7.00 USD',
    });
  });

  it('tells why it was rejected, also before it was placed', () => {
    const reason = { code: 'deadline_passed', detail: 'Too late.' };
    const rejected = { type: 'OrderRejected', data: { orderId, cartId, reason }, actor: 'process:checkout' };
    const explained = explainOrder(history({ order: [rejected], payment: [] }), format);
    expect(explained?.figures.filter(({ holds }) => !holds)).toEqual([]);
    expect(figures(explained).status).toMatchObject({ value: 'rejected', remark: 'deadline_passed: Too late.' });
    expect(figures(explained).total).toMatchObject({ because: [{ type: 'CartCheckedOut' }] });
    expect(figures(explained).captured).toMatchObject({ value: usd(0), because: [] });
  });

  it('that waits for a challenge names the event that asks for it', () => {
    const payment = [happened.requested, happened.challenged];
    const told = figures(explainOrder(history({ order: [{ type: 'OrderPlaced', data: terms }], payment }), format));
    expect(told.status).toMatchObject({
      value: 'action_required',
      holds: true,
      because: [{}, { type: 'PaymentChallenged' }],
    });
  });

  it('is unknown without its events', () => {
    expect(explainOrder({ ...history(), order: [], cart: [] }, format)).toBeUndefined();
  });

  it('is a table with one line for each fact', () => {
    const explained = explainOrder(history(), format);
    const facts = explained?.figures.reduce((sum, { because }) => sum + Math.max(1, because.length), 0) ?? 0;
    const table = explained ? explanationTable(explained) : '';
    expect(table).toContain(`order S-1001 (${orderId})`);
    expect(
      table.split('\n').filter((line) => line.includes('USD') || line.includes('-03-01T')).length,
    ).toBeGreaterThanOrEqual(facts);
  });
});

describe('a price', () => {
  it('is each change with who made it, and today’s', () => {
    const product = stream(
      `product-${productId}`,
      drafted,
      added(1_999),
      added(1, other),
      repriced(2_500, { actor: 'user:9' }),
    );
    expect(explainPrice(variantId, product, format)?.figures).toMatchObject([
      {
        figure: 'price',
        value: usd(2_500),
        holds: true,
        because: [
          { type: 'VariantAdded', change: usd(1_999), actor: 'user:1' },
          { type: 'VariantRepriced', change: usd(2_500), actor: 'user:9', revision: 3 },
        ],
      },
    ]);
    expect(explainPrice(id(99), product, format)).toBeUndefined();
  });
});

describe('stock', () => {
  const of = { variantId, orderId, quantity: 2 };
  const received = { type: 'StockReceived', data: { variantId, productId, sellerId, sku: null, quantity: 10 } };
  const moves = [
    { type: 'StockOpened', data: { variantId, productId, sellerId, sku: null } },
    received,
    { type: 'StockReserved', data: of },
    { type: 'ReservationCommitted', data: of },
    { type: 'StockAdjusted', data: { variantId, delta: -3, reason: 'broken' } },
    { type: 'StockReturned', data: of },
    { type: 'StockReserved', data: { ...of, orderId: id(41), quantity: 4 } },
    {
      type: 'ReservationReleased',
      data: { ...of, orderId: id(42), quantity: 0, validUntil: '2026-03-01T12:00:00.000Z' },
    },
  ];

  it('is a ledger whose sums are what the domain folds', () => {
    const explained = explainStock(variantId, stream(`inventory-${variantId}`, ...moves), format);
    const { onHand, reserved, available } = figures(explained);
    expect([onHand?.value, reserved?.value, available?.value]).toEqual([7, 4, 3]);
    expect(explained.figures.every(({ holds }) => holds)).toBe(true);
    expect(onHand?.because.map(({ change, after }) => [change, after])).toEqual([
      [10, 10],
      [-2, 8],
      [-3, 5],
      [2, 7],
    ]);
    expect(available?.because.map(({ after }) => after)).toEqual([10, 8, 5, 7, 3]);
    expect(available?.because.slice(1, 3).map(({ note }) => note)).toEqual([`order ${orderId}`, 'broken']);
    const table = ledgerTable(explained).split('\n');
    // The opening and the tombstone moved nothing; a sale moves what is on hand and what is reserved, in one line.
    expect(table.filter((line) => /Stock|Reservation/.test(line))).toHaveLength(6);
    const sale = table.find((line) => line.includes('ReservationCommitted')) ?? '';
    expect(
      sale
        .split('│')
        .slice(-6, -1)
        .map((cell) => cell.trim()),
    ).toEqual(['-2', '-2', '8', '0', '8']);
  });
});

it('reads the tax rate out of the words that explain the tax, whatever it is', () => {
  const shippingOption = { id: 's', name: 'S', price: usd(0) };
  const lines = [{ name: 'x', quantity: 1, unitPrice: usd(10_000_000) }];
  for (let rate = 0; rate <= 10_000; rate++) {
    const { explanation } = quote({ currency: 'USD', lines, shippingOption, taxBasisPoints: rate });
    if (taxRateOf(explanation) !== rate) throw new Error(`${rate} is read as ${taxRateOf(explanation)}`);
  }
});

it.each([
  [money(1_999, 'USD'), '19.99 USD'],
  [money(-5, 'EUR'), '-0.05 EUR'],
  [money(1_999, 'JPY'), '1999 JPY'],
  [money(1_234, 'KWD'), '1.234 KWD'],
  [7, '7'],
])('shows %j as %s', (value, text) => {
  expect(shownValue(value)).toBe(text);
});
