/** Ids, sealed texts and orders for tests. */
import { type Money, money } from '../money.ts';
import type { OrderTerms } from '../orders/events.ts';
import { quote } from '../pricing/price.ts';
import type { Sealed } from '../sealed.ts';

/** The n-th id: a UUIDv7 with n at its end. */
export function id(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A sealed value that tells in tests what is inside. */
export function sealed<T>(label: string, person = id(1)): Sealed<T> {
  return { $sealed: label, person };
}

/** Dollars in cents. */
export function usd(amount: number): Money {
  return money(amount, 'USD');
}

/** Terms of an order for the given lines; everything else is the same in each. */
export function termsFor(orderId: string, lines: readonly { variantId: string; quantity: number }[]): OrderTerms {
  const shippingOption = { id: 'standard', name: 'Standard', price: usd(500) };
  const priced = lines.map(({ variantId, quantity }, index) => ({
    lineId: id(900 + index),
    variantId,
    productId: id(20),
    sellerId: id(10),
    sku: null,
    name: 'Headphones',
    image: null,
    options: { colour: 'blue' },
    quantity,
    unitPrice: usd(1999),
  }));
  return {
    orderId,
    number: 'S-1001',
    cartId: id(30),
    buyerId: id(1),
    cartTokenHash: null,
    email: sealed('email'),
    shippingAddress: sealed('address'),
    quote: quote({ currency: 'USD', lines: priced, shippingOption, taxBasisPoints: 825 }),
    payment: { paymentId: id(50), method: 'card', token: sealed('token') },
    placedAt: '2026-03-01T12:00:00.000Z',
    deadline: '2026-03-01T12:15:00.000Z',
  };
}
