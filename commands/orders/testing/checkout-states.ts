/** States of an order's streams at known moments of its checkout, and what is next of them, in short. */
import { withEntry } from '../../../domain/by-id.ts';
import { initialCart } from '../../../domain/carts/state.ts';
import { type InventoryState, initialInventory } from '../../../domain/inventory/state.ts';
import { money } from '../../../domain/money.ts';
import type { OrderTerms } from '../../../domain/orders/events.ts';
import { initialPayment, type RequestedPayment } from '../../../domain/payments/state.ts';
import type { OrderLine } from '../../../domain/pricing/schema.ts';
import type { Sealed } from '../../../domain/sealed.ts';
import { nextSteps } from '../checkout-process.ts';
import type { CheckoutStates } from '../checkout-states.ts';

export const AT = '2026-01-01T12:00:00.000Z';
export const DEADLINE = '2026-01-01T12:15:00.000Z';
export const [A, B] = ['aaaaaaaa-0000-7000-8000-000000000001', 'bbbbbbbb-0000-7000-8000-000000000002'] as const;
export const orderId = '0199a000-0000-7000-8000-000000000099';
const sealed = { $sealed: 'x', person: orderId } as Sealed<never>;

export const line = (variantId: string, quantity = 1): OrderLine => ({
  lineId: variantId,
  variantId,
  productId: variantId,
  sellerId: variantId,
  sku: null,
  name: 'Thing',
  image: null,
  options: {},
  quantity,
  unitPrice: money(100, 'USD'),
  lineTotal: money(100 * quantity, 'USD'),
});

const usd = money(0, 'USD');
export const terms: OrderTerms = {
  orderId,
  number: 'N',
  cartId: 'cart',
  buyerId: null,
  cartTokenHash: null,
  email: sealed,
  shippingAddress: sealed,
  quote: {
    currency: 'USD',
    // In the cart's order, which is not that of the ids.
    lines: [line(B), line(A)],
    totals: { items: usd, discount: usd, shipping: usd, tax: usd, total: money(200, 'USD') },
    explanation: [],
    shippingOption: { id: 'standard', name: 'Standard', price: usd },
  },
  payment: { paymentId: 'payment', method: 'card', token: sealed },
  placedAt: AT,
  deadline: DEADLINE,
};

export const requested: RequestedPayment = {
  status: 'requested',
  paymentId: 'payment',
  orderId,
  method: 'card',
  gateway: 'sandbox',
  amount: money(200, 'USD'),
  token: sealed,
  reference: null,
  challenge: null,
  authorised: false,
  held: false,
  declined: null,
  capture: { status: 'none', attempt: 0, failure: null },
  voiding: { status: 'none', attempt: 0 },
  captured: 0,
  refunds: [],
  requestedAt: AT,
  updatedAt: AT,
};
export const held: RequestedPayment = { ...requested, authorised: true, held: true };
export const captured: RequestedPayment = {
  ...held,
  held: false,
  captured: 200,
  capture: { status: 'captured', attempt: 1, failure: null },
};

export const free = (onHand: number): InventoryState => ({ ...initialInventory, onHand });
export const taken = (onHand: number): InventoryState => ({
  ...free(onHand),
  reserved: 1,
  open: 1,
  reservations: withEntry(initialInventory.reservations, orderId, 1),
});
export const released: InventoryState = {
  ...free(1_000),
  ended: withEntry(initialInventory.ended, orderId, { how: 'released', validUntil: DEADLINE }),
};
export const plenty = { [A]: free(1_000), [B]: free(1_000) };
export const reserved = { [A]: taken(1_000), [B]: taken(1_000) };

export const base: CheckoutStates = {
  orderId,
  terms,
  cart: initialCart,
  order: { status: 'placed', terms, updatedAt: AT },
  payment: initialPayment,
  stock: plenty,
  readAt: AT,
};
export const cancelled = {
  status: 'cancelled',
  terms,
  wasConfirmed: true,
  updatedAt: AT,
  reason: { code: 'cancelled_by_buyer', detail: '' },
} as const;
export const rejected = {
  status: 'rejected',
  terms,
  cartId: 'cart',
  updatedAt: AT,
  reason: { code: 'out_of_stock', detail: '' },
} as const;

/** What is to be done, in short. */
export function next(states: Partial<CheckoutStates>, now = AT): string[] {
  return nextSteps({ ...base, ...states }, now).steps.map((step) => {
    if ('variantId' in step) return `${step.do} ${step.variantId.slice(0, 1)}`;
    return step.do === 'reject' ? `reject ${step.reason.code}` : step.do;
  });
}
