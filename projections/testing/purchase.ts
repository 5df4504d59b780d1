/** Events of one purchase, from the cart to the captured payment, in the order a shop writes them. */
import type { Address } from '../../domain/orders/events.ts';
import type { Sealed } from '../../domain/sealed.ts';
import { newId } from '../../platform/ids.ts';
import { type Told, told, usd } from './story.ts';

/** Seals for a person, as the key store does. */
export type Seal = <T>(person: string, plain: T) => Promise<Sealed<T>>;

export const ADDRESS: Address = { name: 'Ada', line1: '1 Main St', city: 'Salem', postalCode: '97301', country: 'US' };
export const EMAIL = 'ada@example.com';

export type Bought = {
  readonly variantId: string;
  readonly productId: string;
  readonly sellerId: string;
  readonly quantity: number;
  readonly unit: number;
};

export type Purchase = {
  readonly cartId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** Cart opened and filled. */
  readonly cart: readonly Told[];
  /** Cart checked out, order placed, payment requested and authorised, stock reserved. */
  readonly placed: readonly Told[];
  /** Payment challenged, before it is authorised. */
  readonly challenged: Told;
  /** Order confirmed, reservations committed, payment captured. */
  readonly confirmed: readonly Told[];
};

/** `buyerId` null: a guest with the token hash. */
export async function purchase(
  seal: Seal,
  lines: readonly Bought[],
  buyer: { readonly buyerId: string | null; readonly cartTokenHash: string | null },
): Promise<Purchase> {
  const [cartId, orderId, paymentId] = [newId(), newId(), newId()];
  const person = buyer.buyerId ?? cartId;
  const priced = lines.map(({ unit, ...line }) => ({
    ...line,
    unitPrice: usd(unit),
    lineTotal: usd(unit * line.quantity),
  }));
  const items = priced.reduce((total, line) => total + line.lineTotal.amount, 0);
  const total = usd(items + 500);
  const token = await seal(person, 'tok_visa');
  const terms = {
    orderId,
    number: `S-${orderId.slice(-8)}`,
    cartId,
    ...buyer,
    email: await seal(person, EMAIL),
    shippingAddress: await seal(person, ADDRESS),
    quote: {
      currency: 'USD',
      lines: priced.map((line) => ({ ...line, lineId: newId(), sku: null, name: 'Thing', image: null, options: {} })),
      totals: { items: usd(items), discount: usd(0), shipping: usd(500), tax: usd(0), total },
      explanation: [],
      shippingOption: { id: 'standard', name: 'Standard', price: usd(500) },
    },
    payment: { paymentId, method: 'card' as const, token },
    placedAt: new Date().toISOString(),
    deadline: new Date(Date.now() + 900_000).toISOString(),
  };
  const cart = `cart-${cartId}`;
  const payment = `payment-${paymentId}`;
  const ids = { paymentId, orderId };
  const each = (type: 'StockReserved' | 'ReservationCommitted') =>
    lines.map(({ variantId, quantity }) => told(`inventory-${variantId}`, type, { variantId, orderId, quantity }));
  return {
    cartId,
    orderId,
    paymentId,
    cart: [
      told(cart, 'CartOpened', { cartId, ...buyer }),
      ...priced.map(({ variantId, productId, quantity, unitPrice }) =>
        told(cart, 'ItemAdded', { cartId, quantity, line: { variantId, productId, quantity, unitPrice } }),
      ),
    ],
    placed: [
      told(cart, 'CartCheckedOut', { cartId, terms }),
      told(`order-${orderId}`, 'OrderPlaced', terms),
      ...each('StockReserved'),
      told(payment, 'PaymentRequested', { ...ids, method: 'card', gateway: 'sandbox', amount: total, token }),
    ],
    challenged: told(payment, 'PaymentChallenged', { ...ids, reference: 'ref', url: 'https://bank.example/3ds' }),
    confirmed: [
      told(payment, 'PaymentAuthorised', { ...ids, reference: 'ref' }),
      told(`order-${orderId}`, 'OrderConfirmed', { orderId, cartId }),
      ...each('ReservationCommitted'),
      told(payment, 'CaptureRequested', { ...ids, attempt: 1, amount: total }),
      told(payment, 'PaymentCaptured', { ...ids, attempt: 1, amount: total }),
    ],
  };
}
