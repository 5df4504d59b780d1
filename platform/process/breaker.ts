/** Spares callers an engine that does not answer: after a failure they do without at once, until a trial succeeds. */
import type { Logger } from '../logging/logger.ts';

export type Breaker = {
  /** What the engine answers; undefined while it is left alone, and when this call failed. The call must end some time. */
  ask<T>(call: () => Promise<T>): Promise<T | undefined>;
  /** Whether everybody does without at this moment. */
  isOpen(): boolean;
};

export type BreakerOptions = {
  readonly logger: Logger;
  /** Said in the log, once each time it begins to fail. */
  readonly what: string;
  /** The first pause in milliseconds (1,000): then one caller tries, the others go on without. Doubles with each failure. */
  readonly firstMs?: number;
  /** The longest pause in milliseconds (the first: it does not grow). */
  readonly maxMs?: number;
  /** Errors that say nothing of the engine: they are thrown to the caller (none). */
  readonly passes?: (error: unknown) => boolean;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
};

export function createBreaker(options: BreakerOptions): Breaker {
  const {
    logger,
    what,
    firstMs = 1_000,
    maxMs = firstMs,
    passes = () => false,
    now = () => performance.now(),
  } = options;
  /** 0 while it answers. */
  let pauseMs = 0;
  let until = 0;
  let trying = false;
  const isOpen = () => pauseMs > 0 && (trying || now() < until);

  const failed = (error: unknown, isTrial: boolean): void => {
    // Those that were under way together fail together: that is one failure, not many.
    if (pauseMs > 0 && !isTrial) return;
    if (pauseMs === 0) logger.warn({ err: error }, `${what} failed: doing without for now`);
    pauseMs = pauseMs === 0 ? firstMs : Math.min(pauseMs * 2, maxMs);
    until = now() + pauseMs;
  };

  return {
    isOpen,
    async ask(call) {
      if (isOpen()) return undefined;
      const isTrial = pauseMs > 0;
      if (isTrial) trying = true;
      try {
        const answer = await call();
        pauseMs = 0;
        return answer;
      } catch (error) {
        if (passes(error)) throw error;
        failed(error, isTrial);
        return undefined;
      } finally {
        if (isTrial) trying = false;
      }
    },
  };
}
