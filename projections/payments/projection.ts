/** Payments: one row each; who may see it is joined from its order. */
import type { PaymentMethod } from '../../domain/orders/events.ts';
import type { PaymentStatus } from '../../domain/resources.ts';
import { defineProjection, must } from '../runtime/types.ts';
import { PAYMENT_EVENTS, type PaymentEventType, progressed, REQUESTED } from './progress.ts';

export type PaymentRow = {
  readonly payment_id: string;
  readonly order_id: string;
  readonly method: PaymentMethod;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  readonly updated_at: string;
};

export const paymentsProjection = defineProjection<PaymentEventType, PaymentRow>({
  name: 'payments',
  version: 2,
  table: 'payments',
  keyColumn: 'payment_id',
  category: 'payment',
  columns: {
    payment_id: 'text',
    order_id: 'text',
    method: 'text',
    status: 'text',
    amount: 'bigint',
    currency: 'text',
    captured: 'bigint',
    refunded: 'bigint',
    updated_at: 'text',
  },
  indexes: ['(order_id)'],
  wants: PAYMENT_EVENTS,
  keys: (event) => [event.data.paymentId],
  project(event, row, key) {
    const updated_at = event.metadata.occurredAt;
    if (event.type === 'PaymentRequested') {
      const { orderId, method, amount } = event.data;
      const { amount: minor, currency } = amount;
      return { payment_id: key, order_id: orderId, method, ...REQUESTED, amount: minor, currency, updated_at };
    }
    // Closed before it was requested: no money was ever asked for, and there is nothing to show.
    if (event.type === 'PaymentVoided' && row === undefined) return null;
    const payment = must(row, event, key);
    return { ...payment, ...progressed(event, payment), updated_at };
  },
});
