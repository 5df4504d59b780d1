/** Keeps from asking what does not answer: after a failure others go another way at once, until a trial succeeds. */

export type CircuitBreaker = {
  /** Whether to ask now; who is let through says how it went. While it is open one caller a pause is, to try. */
  allows(): boolean;
  /** Whether everybody goes another way at this moment. */
  isOpen(): boolean;
  succeeded(): void;
  failed(): void;
};

export type BreakerOptions = {
  /** The first pause in milliseconds (500); doubles with each failure in a row. */
  readonly firstMs?: number;
  /** The longest pause in milliseconds (10,000). */
  readonly maxMs?: number;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
};

export function createCircuitBreaker(options: BreakerOptions = {}): CircuitBreaker {
  const { firstMs = 500, maxMs = 10_000, now = () => performance.now() } = options;
  let pauseMs = 0;
  let until = 0;
  let trying = false;
  const isOpen = () => pauseMs > 0 && (trying || now() < until);
  return {
    isOpen,
    allows() {
      if (isOpen()) return false;
      if (pauseMs === 0) return true;
      trying = true;
      return true;
    },
    succeeded() {
      pauseMs = 0;
      trying = false;
    },
    failed() {
      // Those that were under way together fail together: that is one failure, not many.
      if (pauseMs > 0 && !trying) return;
      trying = false;
      pauseMs = pauseMs === 0 ? firstMs : Math.min(pauseMs * 2, maxMs);
      until = now() + pauseMs;
    },
  };
}
