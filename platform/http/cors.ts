/** Cross-origin requests (Fetch standard): which pages of other origins may call, and what they may read of an answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const EXPOSED = [
  'Souk-Position',
  'Souk-Search',
  'ETag',
  'Link',
  'Location',
  'Idempotent-Replayed',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
  'X-Correlation-Id',
].join(', ');

const ALLOWED = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Prefer',
  'Souk-Cart-Token',
  'Souk-Wait-For',
  'Traceparent',
  'X-Request-Id',
  'X-Correlation-Id',
].join(', ');

export const ALL_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Sets what a browser asks for; `origins` may hold `*`. Nothing is set for an origin that is not allowed. */
export function setCorsHeaders(origins: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  if (origins.length === 0) return;
  const any = origins.includes('*');
  // Caches must not hand one origin's answer to another.
  if (!any) response.appendHeader('vary', 'Origin');
  const origin = request.headers.origin;
  if (origin === undefined || !(any || origins.includes(origin))) return;
  response.setHeader('access-control-allow-origin', any ? '*' : origin);
  response.setHeader('access-control-expose-headers', EXPOSED);
  if (request.method !== 'OPTIONS') return;
  response.setHeader('access-control-allow-methods', ALL_METHODS);
  response.setHeader('access-control-allow-headers', ALLOWED);
  response.setHeader('access-control-max-age', '600');
}
