/** Payments: the buyer's answer to a challenge, and what gateways tell. */
import { z } from 'zod';
import { challengePayment } from '../commands/payments/challenge-payment.ts';
import { receiveWebhook } from '../commands/payments/receive-webhook.ts';
import { idSchema } from '../domain/ids.ts';
import { isRejection } from '../domain/rejection.ts';
import { paymentResource as paymentShape } from '../domain/resources.ts';
import { unauthenticated } from '../platform/http/problem.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed } from './answer.ts';
import { contextOf } from './from-request.ts';
import { refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'payments';
/** Standard Webhooks: what the signature is made of. */
const SIGNED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

export function paymentRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const challenge = defineRoute({
    method: 'post',
    path: '/payments/{paymentId}/challenge',
    summary: 'Pass or fail the sandbox’s challenge',
    tag,
    params: z.object({ paymentId: idSchema }),
    body: z.strictObject({ outcome: z.enum(['pass', 'fail']) }),
    responses: {
      200: { description: 'The payment', schema: paymentShape },
      ...refusals({ 409: ['not_challenged'] }),
    },
    handler(request) {
      const input = { ...request.params, ...request.body };
      return changed(challengePayment(shop, input, contextOf(request)), (payment) => payment);
    },
  });

  const webhook = defineRoute({
    method: 'post',
    path: '/webhooks/payments/{gateway}',
    summary: 'A gateway tells of a payment: signed; safe to repeat, out of order or late',
    tag,
    params: z.object({ gateway: z.string() }),
    body: z.unknown(),
    idempotency: 'none',
    responses: {
      204: { description: 'Noted' },
      // The signature is what proves who calls.
      ...refusals({ 401: ['unauthenticated'] }),
    },
    async handler({ params, rawBody, header, correlationId }) {
      const headers = Object.fromEntries(SIGNED_HEADERS.map((name) => [name, header(name)]));
      const input = { gateway: params.gateway, headers, rawBody: rawBody ?? Buffer.alloc(0) };
      const received = await receiveWebhook(shop, input, { correlationId });
      if (!isRejection(received)) return { status: 204, position: received.position };
      if (received.code === 'bad_signature') throw unauthenticated(received.detail);
      return received;
    },
  });

  return [challenge, webhook] as readonly RouteDefinition[];
}
