/** `GET /metrics`: what Prometheus scrapes. */
import { Readable } from 'node:stream';
import { defineRoute, type RouteDefinition } from '../http/route.ts';
import type { HttpMetrics } from './http-metrics.ts';

export function metricsRoute({ registry }: HttpMetrics): RouteDefinition {
  return defineRoute({
    method: 'get',
    path: '/metrics',
    summary: 'Figures of this process, in the text format of Prometheus',
    tag: 'operations',
    produces: ['text/plain'],
    responses: { 200: { description: 'The figures' } },
    handler: async () => ({
      status: 200,
      stream: { type: registry.contentType, from: Readable.from([await registry.metrics()]) },
    }),
  });
}
