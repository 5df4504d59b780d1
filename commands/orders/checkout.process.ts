/** The checkout, as the process runner knows it: which events wake it, and for which order. */
import type { ShopEvent } from '../../domain/event-registry.ts';
import type { Process } from '../processes/process.ts';
import type { Shop } from '../shop.ts';
import { type CheckoutKey, loadCheckout } from './load-checkout.ts';
import { runCheckout } from './run-checkout.ts';

const ORDER = 'order-';
const CART = 'cart-';

/** A run of its own for each order; until the order is placed it is known by its cart. */
export function checkoutProcess(shop: Shop): Process {
  return {
    name: 'checkout',
    // Everything after which there may be something left to do.
    wants: [
      'CartCheckedOut',
      'OrderPlaced',
      'OrderConfirmed',
      'OrderRejected',
      'OrderCancelled',
      'StockReserved',
      'PaymentRequested',
      'PaymentChallenged',
      'PaymentAuthorised',
      'PaymentDeclined',
      'CaptureRequested',
      'PaymentCaptured',
      'CaptureFailed',
      'VoidRequested',
      'RefundRequested',
      'RefundFailed',
    ],
    key: keyOf,
    async advance(key, { correlationId }) {
      const loaded = await loadCheckout(shop, startOf(key));
      if (!loaded) return { wakeAt: null };
      const { wakeAt } = await runCheckout(shop, loaded, { correlationId });
      return { wakeAt };
    },
  };
}

function keyOf(event: ShopEvent): string | undefined {
  if (event.type === 'CartCheckedOut') return `${CART}${event.data.cartId}`;
  return 'orderId' in event.data ? `${ORDER}${event.data.orderId}` : undefined;
}

function startOf(key: string): CheckoutKey {
  return key.startsWith(CART) ? { cartId: key.slice(CART.length) } : { orderId: key.slice(ORDER.length) };
}
