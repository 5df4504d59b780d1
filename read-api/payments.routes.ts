/** A payment, to whose order it is for, and to staff. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import { paymentResource } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { findPayment } from '../projections/payments/queries.ts';
import { NOT_MODIFIED, shown } from './answers.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

export function paymentRoutes({ reader }: ReadApiDeps): readonly RouteDefinition[] {
  const payment = defineRoute({
    method: 'get',
    path: '/payments/{paymentId}',
    summary: 'A payment',
    tag: 'money',
    params: z.object({ paymentId: idSchema }),
    reads: ['payments', 'orders'],
    responses: { 200: { description: 'The payment', schema: paymentResource }, ...NOT_MODIFIED },
    handler: async ({ params }) => shown(await findPayment(reader, params.paymentId)),
  });
  return [payment] as readonly RouteDefinition[];
}
