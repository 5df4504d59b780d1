/** A history that every view of `souk sql` has something to show of: one order confirmed, one refused, one price changed. */
import type { Position } from '../../../../event-store/port.ts';
import { newId } from '../../../../platform/ids.ts';
import { EMAIL, purchase } from '../../../../projections/testing/purchase.ts';
import { approvedSeller, category, listing, told, usd } from '../../../../projections/testing/story.ts';
import type { TestLog } from '../../../../projections/testing/test-log.ts';

const sellerId = newId();
const categoryId = newId();
const chair = { productId: newId(), variantId: newId(), sellerId };
export const buyerId = newId();
/** What is bought twice, repriced and counted. */
export const lamp = { productId: newId(), variantId: newId(), sellerId };
/** Of an operator: personal. */
export const NETWORK_ADDRESS = '203.0.113.7';

/** Tells it; answers where it ends. */
export async function tellSqlStory(log: TestLog): Promise<Position> {
  const user = { userId: buyerId, emailKey: 'key', email: await log.seal(buyerId, EMAIL) };
  const secret = { name: await log.seal(buyerId, 'Ada'), passwordHash: await log.seal(buyerId, 'hash') };
  const bought = await purchase(
    log.seal,
    [
      { ...lamp, quantity: 2, unit: 1_999 },
      { ...chair, quantity: 1, unit: 5_000 },
    ],
    {
      buyerId,
      cartTokenHash: null,
    },
  );
  const refused = await purchase(log.seal, [{ ...lamp, quantity: 1, unit: 2_500 }], {
    buyerId: null,
    cartTokenHash: 'g',
  });
  const reason = { code: 'payment_declined' as const, detail: 'no' };
  const { orderId, cartId, paymentId } = refused;
  const ids = { orderId, variantId: lamp.variantId };
  const empty = newId();
  const refundId = newId();
  const audited = { operationId: newId(), action: 'projections.rebuild', subject: 'orders' };
  return log.tell([
    told(`user-${buyerId}`, 'UserRegistered', { ...user, ...secret }),
    ...approvedSeller(sellerId),
    category(categoryId, 'Home'),
    ...listing({ ...lamp, categoryId, name: 'Lamp', stock: 10 }),
    ...listing({ ...chair, categoryId, name: 'Chair, "old"', price: usd(5_000), stock: 3 }),
    ...bought.cart,
    ...bought.placed,
    ...bought.confirmed,
    told(`payment-${bought.paymentId}`, 'RefundRequested', {
      paymentId: bought.paymentId,
      orderId: bought.orderId,
      refundId,
      attempt: 1,
      amount: usd(1_000),
      reason: 'scratched',
    }),
    told(`payment-${bought.paymentId}`, 'RefundSettled', {
      paymentId: bought.paymentId,
      orderId: bought.orderId,
      refundId,
      amount: usd(1_000),
    }),
    told(`product-${lamp.productId}`, 'VariantRepriced', {
      productId: lamp.productId,
      variantId: lamp.variantId,
      price: usd(2_500),
    }),
    told(`operation-${audited.operationId}`, 'OperationRecorded', {
      ...audited,
      address: await log.seal(buyerId, NETWORK_ADDRESS),
    }),
    told(`cart-${empty}`, 'CartOpened', { cartId: empty, buyerId: null, cartTokenHash: 'h' }),
    ...refused.cart,
    ...refused.placed,
    told(`payment-${paymentId}`, 'PaymentDeclined', { paymentId, orderId, reason, challenged: false }),
    told(`order-${orderId}`, 'OrderRejected', { orderId, cartId, reason }),
    told(`inventory-${lamp.variantId}`, 'ReservationReleased', {
      ...ids,
      quantity: 1,
      validUntil: '2026-01-01T00:00:00.000Z',
    }),
    told(`cart-${cartId}`, 'CartReopened', { cartId, orderId }),
    told(`inventory-${lamp.variantId}`, 'StockAdjusted', { variantId: lamp.variantId, delta: -1, reason: 'broken' }),
  ]);
}
