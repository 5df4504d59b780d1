/** Wakes whoever waits for the next progress. */

export type Progress = {
  /** Wakes all that wait now. */
  notify(): void;
  /** Settles at the next `notify`, after the time, or when the signal aborts. */
  next(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** How often `notify` was called: whoever worked in between sees whether something came meanwhile. */
  turns(): number;
};

export function createProgress(): Progress {
  const waiting = new Set<() => void>();
  let turns = 0;
  return {
    turns: () => turns,
    notify() {
      turns += 1;
      for (const wake of [...waiting]) wake();
    },
    next(timeoutMs, signal) {
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal?.addEventListener('abort', wake, { once: true });
        waiting.add(wake);
        if (signal?.aborted) wake();
      });
    },
  };
}
