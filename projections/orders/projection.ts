/** Orders: one row each, from the events of the cart it came of, the order and its payments. */
import type { Address } from '../../domain/orders/events.ts';
import type { Quote } from '../../domain/pricing/schema.ts';
import type { OrderAction, OrderStatus } from '../../domain/resources.ts';
import { PAYMENT_EVENTS, type PaymentEventType } from '../payments/progress.ts';
import { shownOrNull, shownText } from '../read.ts';
import { defineProjection, must, type ProjectedEvent } from '../runtime/types.ts';
import { actionOf, type PaymentOfOrder, withPayment } from './payments-of-order.ts';

export type OrderRow = {
  readonly order_id: string;
  readonly number: string;
  /** `pending`: the cart was checked out and the order is on its way; it is not shown. */
  readonly status: OrderStatus | 'pending';
  readonly reason: { readonly code: string; readonly detail: string } | null;
  readonly action: OrderAction | null;
  readonly cart_id: string;
  readonly buyer_id: string | null;
  readonly cart_token_hash: string | null;
  readonly email: string;
  readonly seller_ids: readonly string[];
  readonly quote: Quote;
  readonly shipping_address: Address | null;
  readonly payments: readonly PaymentOfOrder[];
  readonly placed_at: string;
  readonly updated_at: string;
};

type EndType = 'OrderConfirmed' | 'OrderRejected' | 'OrderCancelled';
type OrderEventType = 'CartCheckedOut' | 'OrderPlaced' | EndType | PaymentEventType;

export const ordersProjection = defineProjection<OrderEventType, OrderRow>({
  name: 'orders',
  version: 2,
  table: 'orders',
  keyColumn: 'order_id',
  category: 'order',
  columns: {
    order_id: 'text',
    number: 'text',
    status: 'text',
    reason: 'jsonb',
    action: 'jsonb',
    cart_id: 'text',
    buyer_id: 'text',
    cart_token_hash: 'text',
    email: 'text',
    seller_ids: 'text[]',
    quote: 'jsonb',
    shipping_address: 'jsonb',
    payments: 'jsonb',
    placed_at: 'text',
    updated_at: 'text',
  },
  indexes: [
    '(buyer_id, placed_at desc, order_id desc)',
    '(cart_token_hash, placed_at desc, order_id desc)',
    '(placed_at desc, order_id desc)',
    'using gin (seller_ids)',
  ],
  wants: ['CartCheckedOut', 'OrderPlaced', 'OrderConfirmed', 'OrderRejected', 'OrderCancelled', ...PAYMENT_EVENTS],
  keys: (event) => [event.type === 'CartCheckedOut' ? event.data.terms.orderId : event.data.orderId],
  project(event, row, key) {
    const updated_at = event.metadata.occurredAt;
    switch (event.type) {
      case 'CartCheckedOut':
        return row ?? made(event.data.terms, 'pending', updated_at);
      case 'OrderPlaced':
        return row ? { ...row, status: 'placed', updated_at } : made(event.data, 'placed', updated_at);
      case 'OrderConfirmed':
      case 'OrderRejected':
      case 'OrderCancelled':
        return { ...ended(event, must(row, event, key)), updated_at };
      default:
        return { ...paid(event, must(row, event, key)), updated_at };
    }
  },
});

type Terms = ProjectedEvent<'OrderPlaced'>['data'];

function made(terms: Terms, status: 'pending' | 'placed', at: string): OrderRow {
  return {
    order_id: terms.orderId,
    number: terms.number,
    status,
    reason: null,
    action: null,
    cart_id: terms.cartId,
    buyer_id: terms.buyerId,
    cart_token_hash: terms.cartTokenHash,
    email: shownText(terms.email),
    seller_ids: [...new Set(terms.quote.lines.map((line) => line.sellerId))],
    // Unsealing only widens types: nothing in a quote is personal.
    quote: terms.quote as Quote,
    shipping_address: shownOrNull(terms.shippingAddress),
    payments: [],
    placed_at: terms.placedAt,
    updated_at: at,
  };
}

function ended(event: ProjectedEvent<EndType>, order: OrderRow): OrderRow {
  if (event.type === 'OrderConfirmed') return { ...order, status: 'confirmed', action: null };
  const status = event.type === 'OrderRejected' ? 'rejected' : 'cancelled';
  return { ...order, status, reason: event.data.reason, action: null };
}

/** What a payment's event changes: the list always; the status only while the order waits for its payment. */
function paid(event: ProjectedEvent<PaymentEventType>, order: OrderRow): OrderRow {
  const payments = withPayment(order.payments, event);
  if (order.status !== 'placed' && order.status !== 'action_required') return { ...order, payments };
  const action = actionOf(event, order.action, payments);
  return { ...order, payments, action, status: action ? 'action_required' : 'placed' };
}
