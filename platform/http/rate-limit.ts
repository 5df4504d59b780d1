/** How many requests a caller may make in a window: fixed windows, counted in this process. */
import type { ServerResponse } from 'node:http';
import { httpProblem } from './problem.ts';

export type RateLimitOptions = {
  /** Requests per window and caller. */
  readonly limit: number;
  readonly windowS: number;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
};

export type RateLimit = (caller: string, response: ServerResponse) => void;

// So many callers of one window fit in some 10 MB; more than that forget the count of all, which errs on the side of
// letting people in.
const MAX_CALLERS = 100_000;

/** Counts a request and sets `RateLimit-*`; throws 429 with `Retry-After` beyond the limit. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const now = options.now ?? Date.now;
  const windowMs = options.windowS * 1000;
  const counts = new Map<string, number>();
  let window = -1;
  return (caller, response) => {
    const time = now();
    const current = Math.floor(time / windowMs);
    if (current !== window || counts.size > MAX_CALLERS) counts.clear();
    window = current;
    const count = (counts.get(caller) ?? 0) + 1;
    counts.set(caller, count);
    const reset = Math.max(1, Math.ceil(((current + 1) * windowMs - time) / 1000));
    response.setHeader('ratelimit-limit', String(options.limit));
    response.setHeader('ratelimit-remaining', String(Math.max(0, options.limit - count)));
    response.setHeader('ratelimit-reset', String(reset));
    if (count <= options.limit) return;
    throw httpProblem(429, 'rate_limited', `Too many requests. Wait ${reset} s.`, {
      headers: { 'retry-after': String(reset) },
    });
  };
}
