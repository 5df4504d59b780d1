/** A gateway tells of a payment by itself: signed, perhaps late, twice, or out of order. */
import { paymentDecider } from '../../domain/payments/decide.ts';
import { type Rejection, reject } from '../../domain/rejection.ts';
import type { Position } from '../../event-store/port.ts';
import type { WebhookRequest } from '../../platform/payments/gateway.ts';
import { loadCheckout } from '../orders/load-checkout.ts';
import { runCheckout } from '../orders/run-checkout.ts';
import { notFound } from '../outcome.ts';
import type { Shop } from '../shop.ts';
import { recordGatewayPayment } from './report.ts';

export type ReceivedWebhook = { readonly position: Position | null };

/**
 * Records what the gateway says and carries the order on in the background. 404 for a gateway that is not configured or a
 * payment that was never asked of it, 403 `bad_signature` for everything that it did not sign within five minutes.
 */
export async function receiveWebhook(
  shop: Shop,
  input: { readonly gateway: string } & Omit<WebhookRequest, 'now'>,
  { correlationId }: { readonly correlationId: string },
): Promise<ReceivedWebhook | Rejection> {
  const gateway = Object.hasOwn(shop.gateways, input.gateway) ? shop.gateways[input.gateway] : undefined;
  if (!gateway) return notFound('payment gateway');
  const { headers, rawBody } = input;
  const told = gateway.readWebhook({ headers, rawBody, now: Date.parse(shop.now()) });
  if (!told) {
    const detail = 'The signature does not fit this body, or the webhook is more than five minutes old.';
    return reject('bad_signature', detail, { kind: 'forbidden' });
  }
  const { state: payment } = await shop.runtime.load(paymentDecider, told.paymentId, { fresh: true });
  if (payment.status !== 'requested' || payment.gateway !== gateway.name) return notFound('payment');
  const { position } = await recordGatewayPayment(shop, payment, { told, correlationId });
  shop.background.run(`order ${payment.orderId} after a webhook`, async () => {
    const loaded = await loadCheckout(shop, { orderId: payment.orderId });
    if (loaded) await runCheckout(shop, loaded, { correlationId });
  });
  return { position };
}
