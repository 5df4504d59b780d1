/** The payments an order shows, and what its buyer has to do about them. */
import type { Money } from '../../domain/money.ts';
import type { PaymentMethod } from '../../domain/orders/events.ts';
import type { OrderAction } from '../../domain/resources.ts';
import { type PaymentEventType, type Progress, progressed, REQUESTED } from '../payments/progress.ts';
import type { ProjectedEvent } from '../runtime/types.ts';

export type PaymentOfOrder = Progress & {
  readonly paymentId: string;
  readonly method: PaymentMethod;
  readonly amount: Money;
};

/** The list after one more event of one of them. One that was closed before it was requested is never listed. */
export function withPayment(
  payments: readonly PaymentOfOrder[],
  event: ProjectedEvent<PaymentEventType>,
): readonly PaymentOfOrder[] {
  const { paymentId } = event.data;
  if (event.type === 'PaymentRequested') {
    const { method, amount } = event.data;
    return [...payments.filter((other) => other.paymentId !== paymentId), { paymentId, method, amount, ...REQUESTED }];
  }
  return payments.map((payment) =>
    payment.paymentId === paymentId ? { ...payment, ...progressed(event, payment) } : payment,
  );
}

/** The open challenge after an event: it stands until its payment goes on. */
export function actionOf(
  event: ProjectedEvent<PaymentEventType>,
  before: OrderAction | null,
  payments: readonly PaymentOfOrder[],
): OrderAction | null {
  if (event.type === 'PaymentChallenged') {
    const { paymentId, url } = event.data;
    return { type: 'challenge', paymentId, ...(url === null ? {} : { url }) };
  }
  const open = payments.some((payment) => payment.paymentId === before?.paymentId && payment.status === 'challenged');
  return open ? before : null;
}
