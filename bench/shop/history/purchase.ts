/** From a full cart to the end of its order: what the checkout writes, in its order, however it ends. */
import { orderNumber } from '../../../commands/orders/order-number.ts';
import type { OrderTerms, RejectionReason } from '../../../domain/orders/events.ts';
import { quote } from '../../../domain/pricing/price.ts';
import { type Told, told, usd } from '../../../projections/testing/story.ts';
import { address, type Item, MINUTE, type Moment, type Shopper, type World } from './world.ts';

export type Ending = 'confirmed' | 'rejected' | 'cancelled';
type Purchased = { readonly moments: Moment[]; readonly ending: Ending };

const PROCESS = 'process:checkout';
const TAX: Readonly<Record<string, number>> = { US: 825, FR: 2_000, GB: 2_000, BE: 2_100, AT: 2_000 };

/** What a checkout is told with: each call is one append, some milliseconds after the one before. */
type Teller = {
  readonly terms: OrderTerms;
  readonly moments: Moment[];
  tell(event: Told, actor?: string): void;
  wait(milliseconds: number): void;
};

/** Checks the cart out. Nine in ten are confirmed; some of those are cancelled and refunded later. */
export function purchase(world: World, shopper: Shopper, items: readonly Item[], at: number): Purchased {
  const teller = createTeller(world, drawUp(world, { shopper, items, at }), { shopper, at });
  const { terms } = teller;
  const { orderId, cartId } = terms;
  teller.tell(told(`cart-${cartId}`, 'CartCheckedOut', { cartId, terms }), shopper.actor);
  teller.tell(told(`order-${orderId}`, 'OrderPlaced', terms));
  const isSoldOut = items.some(({ variant }) => variant.soldOut);
  for (const { variant, line } of items) {
    if (!variant.soldOut) teller.tell(stock('StockReserved', orderId, line));
  }
  const ending = isSoldOut ? refuse(teller, items, OUT_OF_STOCK) : pay(world, teller, items);
  return { moments: teller.moments, ending };
}

function pay(world: World, teller: Teller, items: readonly Item[]): Ending {
  const { terms } = teller;
  const { orderId } = terms;
  const { paymentId, method, token } = terms.payment;
  const stream = `payment-${paymentId}`;
  const ids = { paymentId, orderId };
  const reference = `sandbox-${paymentId}`;
  const amount = terms.quote.totals.total;
  teller.tell(told(stream, 'PaymentRequested', { ...ids, method, gateway: 'sandbox', amount, token }));
  const challenged = world.chance(15);
  if (challenged) {
    const url = `https://bank.example/challenges/${paymentId}`;
    teller.tell(told(stream, 'PaymentChallenged', { ...ids, reference, url }));
    teller.wait(20_000 + world.random.below(90_000));
    if (world.chance(15)) return expire(teller, items);
  }
  if (world.chance(6)) {
    const reason = { code: 'card_declined', detail: 'The card was declined.' };
    teller.tell(told(stream, 'PaymentDeclined', { ...ids, reason, challenged }), 'gateway:sandbox');
    return refuse(teller, items, challenged ? CHALLENGE_FAILED : DECLINED);
  }
  teller.tell(told(stream, 'PaymentAuthorised', { ...ids, reference }), 'gateway:sandbox');
  teller.tell(told(`order-${orderId}`, 'OrderConfirmed', { orderId, cartId: terms.cartId }));
  for (const { line } of items) teller.tell(stock('ReservationCommitted', orderId, line));
  teller.tell(told(stream, 'CaptureRequested', { ...ids, attempt: 1, amount }));
  teller.tell(told(stream, 'PaymentCaptured', { ...ids, attempt: 1, amount }), 'gateway:sandbox');
  return world.chance(4) ? cancel(world, teller, items) : 'confirmed';
}

function cancel(world: World, teller: Teller, items: readonly Item[]): Ending {
  const { orderId, cartId, payment, quote } = teller.terms;
  teller.wait(MINUTE + world.random.below(600 * MINUTE));
  const reason = { code: 'cancelled_by_buyer' as const, detail: 'The buyer changed their mind.' };
  teller.tell(told(`order-${orderId}`, 'OrderCancelled', { orderId, cartId, wasConfirmed: true, reason }));
  for (const { line } of items) teller.tell(stock('StockReturned', orderId, line));
  const stream = `payment-${payment.paymentId}`;
  const refund = { paymentId: payment.paymentId, orderId, refundId: payment.paymentId, amount: quote.totals.total };
  teller.tell(told(stream, 'RefundRequested', { ...refund, attempt: 1, reason: 'The order was cancelled.' }));
  teller.tell(told(stream, 'RefundSettled', refund), 'gateway:sandbox');
  return 'cancelled';
}

/** Nobody answered the challenge in time. */
function expire(teller: Teller, items: readonly Item[]): Ending {
  const { orderId, payment } = teller.terms;
  const ids = { paymentId: payment.paymentId, orderId };
  teller.wait(15 * MINUTE);
  refuse(teller, items, DEADLINE_PASSED);
  teller.tell(told(`payment-${payment.paymentId}`, 'VoidRequested', { ...ids, attempt: 1 }));
  teller.tell(told(`payment-${payment.paymentId}`, 'PaymentVoided', ids), 'gateway:sandbox');
  return 'rejected';
}

/** The order is rejected, what was reserved given back, and the cart is open again. */
function refuse(teller: Teller, items: readonly Item[], reason: RejectionReason): Ending {
  const { orderId, cartId, payment } = teller.terms;
  teller.tell(told(`order-${orderId}`, 'OrderRejected', { orderId, cartId, reason }));
  for (const { variant, line } of items) teller.tell(released(teller, line, variant.soldOut ? 0 : line.quantity));
  if (reason.code === 'out_of_stock') {
    const { paymentId } = payment;
    teller.tell(told(`payment-${paymentId}`, 'PaymentVoided', { paymentId, orderId }));
  }
  teller.tell(told(`cart-${cartId}`, 'CartReopened', { cartId, orderId }));
  return 'rejected';
}

type Line = Item['line'];

function stock(type: 'StockReserved' | 'ReservationCommitted' | 'StockReturned', orderId: string, line: Line): Told {
  const { variantId, quantity } = line;
  return told(`inventory-${variantId}`, type, { variantId, orderId, quantity });
}

function released({ terms }: Teller, { variantId }: Line, quantity: number): Told {
  const { orderId, deadline: validUntil } = terms;
  return told(`inventory-${variantId}`, 'ReservationReleased', { variantId, orderId, quantity, validUntil });
}

type Drawing = { readonly shopper: Shopper; readonly items: readonly Item[]; readonly at: number };

function drawUp(world: World, { shopper, items, at }: Drawing): OrderTerms {
  const { cartId, cartTokenHash, buyer } = shopper;
  const person = buyer?.userId ?? cartId;
  const orderId = world.id(at);
  const shippedTo = address(world, buyer?.name ?? 'Gus Guest');
  const lines = items.map(({ variant, line }) => {
    const { variantId, productId, sellerId, sku, name, options } = variant;
    const { quantity, unitPrice } = line;
    const image = `https://images.example/${productId}.jpg`;
    const ids = { lineId: world.id(at), variantId, productId, sellerId, sku };
    return { ...ids, name, image, options, quantity, unitPrice };
  });
  return {
    orderId,
    number: orderNumber(orderId),
    cartId,
    buyerId: buyer?.userId ?? null,
    cartTokenHash,
    email: world.seal(person, buyer?.email ?? `guest-${cartId}@example.com`),
    shippingAddress: world.seal(person, shippedTo),
    quote: quote({
      currency: 'USD',
      lines,
      shippingOption: { id: 'standard', name: 'Standard', price: usd(500) },
      taxBasisPoints: TAX[shippedTo.country] ?? 0,
    }),
    payment: { paymentId: world.id(at), method: 'card', token: world.seal(person, 'tok_visa') },
    placedAt: new Date(at).toISOString(),
    deadline: new Date(at + 15 * MINUTE).toISOString(),
  };
}

function createTeller(world: World, terms: OrderTerms, { at }: Pick<Drawing, 'shopper' | 'at'>): Teller {
  const moments: Moment[] = [];
  let now = at;
  return {
    terms,
    moments,
    tell(event, actor = PROCESS) {
      now += 1 + world.random.below(30);
      moments.push({ at: now, actor, events: [event] });
    },
    wait(milliseconds) {
      now += milliseconds;
    },
  };
}

const OUT_OF_STOCK: RejectionReason = { code: 'out_of_stock', detail: 'Somebody else was faster.' };
const DECLINED: RejectionReason = { code: 'payment_declined', detail: 'The card was declined.' };
const CHALLENGE_FAILED: RejectionReason = { code: 'challenge_failed', detail: 'The holder could not be verified.' };
const DEADLINE_PASSED: RejectionReason = { code: 'deadline_passed', detail: 'The order was not paid in time.' };
