/** The only SELECTs on payments. */
import type { PaymentResource } from '../../domain/resources.ts';
import { type Found, isKey, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { PaymentRow } from './projection.ts';

/** With whose it is, from its order. */
export type FoundPayment = Found<PaymentResource> & {
  readonly buyerId: string | null;
  readonly cartTokenHash: string | null;
};

type Joined = PaymentRow & Stamp & { readonly buyer_id: string | null; readonly cart_token_hash: string | null };

/** A payment; undefined where there is none. Reads the projections `payments` and `orders`. */
export async function findPayment(reader: Reader, paymentId: string): Promise<FoundPayment | undefined> {
  if (!isKey(paymentId)) return undefined;
  const { rows } = await reader.query<Joined>({
    name: 'find-payment',
    text: `select p.*, o.buyer_id, o.cart_token_hash from projections.payments p
      left join projections.orders o using (order_id) where p.payment_id = $1`,
    values: [paymentId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const inCurrency = (amount: number) => ({ amount, currency: row.currency });
  const resource: PaymentResource = {
    paymentId: row.payment_id,
    orderId: row.order_id,
    method: row.method,
    status: row.status,
    amount: inCurrency(row.amount),
    captured: inCurrency(row.captured),
    refunded: inCurrency(row.refunded),
    updatedAt: row.updated_at,
  };
  const { revision, position, buyer_id: buyerId, cart_token_hash: cartTokenHash } = row;
  return { resource, revision, position, buyerId, cartTokenHash };
}
