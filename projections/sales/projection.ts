/** Sales: one row per order that is on its way or was confirmed, with what of it is each seller's. Sums are made on read. */
import type { Quote } from '../../domain/pricing/schema.ts';
import { defineProjection, must } from '../runtime/types.ts';
import { type Share, sharesOf } from './shares.ts';

export type SaleRow = {
  readonly order_id: string;
  readonly number: string;
  /** Null: a guest. */
  readonly buyer_id: string | null;
  readonly currency: string;
  readonly seller_ids: readonly string[];
  /** By seller id. */
  readonly shares: Readonly<Record<string, Share>>;
  readonly placed_at: string;
  /** Null: not yet. */
  readonly confirmed_at: string | null;
  /** When it was cancelled after it had been confirmed. */
  readonly cancelled_at: string | null;
};

export const salesProjection = defineProjection<
  'OrderPlaced' | 'OrderConfirmed' | 'OrderRejected' | 'OrderCancelled',
  SaleRow
>({
  name: 'sales',
  version: 1,
  table: 'sales',
  keyColumn: 'order_id',
  category: 'order',
  columns: {
    order_id: 'text',
    number: 'text',
    buyer_id: 'text',
    currency: 'text',
    seller_ids: 'text[]',
    shares: 'jsonb',
    placed_at: 'text',
    confirmed_at: 'text',
    cancelled_at: 'text',
  },
  indexes: ['using gin (seller_ids)', '(confirmed_at)', '(cancelled_at) where cancelled_at is not null'],
  wants: ['OrderPlaced', 'OrderConfirmed', 'OrderRejected', 'OrderCancelled'],
  keys: (event) => [event.data.orderId],
  project(event, row, key) {
    // Times are compared as text: all of one length.
    const at = new Date(event.metadata.occurredAt).toISOString();
    switch (event.type) {
      case 'OrderPlaced': {
        const { number, buyerId, quote } = event.data;
        const shares = sharesOf(quote as Quote);
        return {
          order_id: key,
          number,
          buyer_id: buyerId,
          currency: quote.currency,
          seller_ids: Object.keys(shares),
          shares,
          placed_at: at,
          confirmed_at: null,
          cancelled_at: null,
        };
      }
      case 'OrderConfirmed':
        return { ...must(row, event, key), confirmed_at: at };
      case 'OrderRejected':
        // May be the first event of its order; either way nothing was sold.
        return null;
      case 'OrderCancelled': {
        const sale = must(row, event, key);
        return sale.confirmed_at === null ? null : { ...sale, cancelled_at: at };
      }
    }
  },
});
