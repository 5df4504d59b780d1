/** How many requests a caller may make: told with every answer, and 429 beyond. */
import type { ServerResponse } from 'node:http';
import { httpProblem } from './problem.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** Counts a request and sets `RateLimit-*`; throws 429 with `Retry-After` beyond the limit. */
export async function countRequest(limiter: RateLimiter, caller: string, response: ServerResponse): Promise<void> {
  const { allowed, remaining, resetMs } = await limiter.consume(caller);
  const reset = Math.max(1, Math.ceil(resetMs / 1000));
  response.setHeader('ratelimit-limit', String(limiter.limit));
  response.setHeader('ratelimit-remaining', String(remaining));
  response.setHeader('ratelimit-reset', String(reset));
  if (allowed) return;
  throw httpProblem(429, 'rate_limited', `Too many requests. Wait ${reset} s.`, {
    headers: { 'retry-after': String(reset) },
  });
}
