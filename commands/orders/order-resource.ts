/** An order and a payment as clients see them, from the states of their streams; personal fields opened. */
import type { OrderTerms } from '../../domain/orders/events.ts';
import { orderStanding } from '../../domain/orders/standing.ts';
import type { OrderState } from '../../domain/orders/state.ts';
import type { PaymentState, RequestedPayment } from '../../domain/payments/state.ts';
import { capturedOf, refundedOf, statusOf } from '../../domain/payments/status.ts';
import { type OrderResource, orderResource as orderSchema, type PaymentResource } from '../../domain/resources.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';

export type OrderParts = {
  readonly orderId: string;
  readonly order: OrderState;
  readonly payment: PaymentState;
  /** From the order, or from the cart of an order that is not placed yet. */
  readonly terms: OrderTerms;
};

/** The whole order. */
export async function orderResource(keys: KeyStore, parts: OrderParts): Promise<OrderResource> {
  const { terms, order, payment } = parts;
  const { quote } = terms;
  const [email, address] = await Promise.all([keys.open(terms.email), keys.open(terms.shippingAddress)]);
  const known = orderSchema.shape.shippingAddress.safeParse(address ?? null);
  return {
    ...orderStanding(parts),
    number: terms.number,
    buyerId: terms.buyerId,
    ...(typeof email === 'string' ? { email } : {}),
    sellerIds: [...new Set(quote.lines.map(({ sellerId }) => sellerId))],
    currency: quote.currency,
    lines: quote.lines.map(({ image: _, ...line }) => line),
    totals: quote.totals,
    // Null: the person was erased.
    shippingAddress: known.success ? known.data : null,
    shippingOption: quote.shippingOption,
    payments: [paymentOfOrder(terms, payment)],
    placedAt: terms.placedAt,
    updatedAt: latestOf(terms, order, payment),
  };
}

/** A payment's resource. */
export function paymentResource(payment: RequestedPayment): PaymentResource {
  const { paymentId, orderId, method, amount, updatedAt } = payment;
  return {
    paymentId,
    orderId,
    method,
    status: statusOf(payment),
    amount,
    captured: capturedOf(payment),
    refunded: refundedOf(payment),
    updatedAt,
  };
}

function paymentOfOrder({ payment: { paymentId, method }, quote }: OrderTerms, payment: PaymentState) {
  const status = payment.status === 'none' ? 'requested' : statusOf(payment);
  return { paymentId, method, status, amount: quote.totals.total };
}

function latestOf({ placedAt }: OrderTerms, order: OrderState, payment: PaymentState): string {
  const times = [
    placedAt,
    'updatedAt' in order ? order.updatedAt : '',
    'updatedAt' in payment ? payment.updatedAt : '',
  ];
  return times.toSorted().at(-1) ?? placedAt;
}
