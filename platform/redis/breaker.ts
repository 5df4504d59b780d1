/** Spares callers the time-out of an engine that is away: after a failure it is left alone for a moment. */
import type { Logger } from '../logging/logger.ts';

/** What the engine answers; undefined while it is away, and when this call failed. */
export type Breaker = <T>(ask: () => Promise<T>) => Promise<T | undefined>;

/** How long it is left alone. Then one caller tries, the others go on without. */
const PAUSE_MS = 1_000;

/** `what` is said in the log, once each time it begins to fail. */
export function createBreaker({ logger, what }: { readonly logger: Logger; readonly what: string }): Breaker {
  let failing = false;
  let until = 0;
  return async (ask) => {
    const now = performance.now();
    if (failing && now < until) return undefined;
    until = now + PAUSE_MS;
    try {
      const answer = await ask();
      failing = false;
      return answer;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, `${what} failed: doing without for now`);
      failing = true;
      until = performance.now() + PAUSE_MS;
      return undefined;
    }
  };
}
