/** News of a live feed: counted, so that none is missed between a look and the wait for the next. */
export type News = {
  /** Counts news: events, and each time it was seen that there are none. */
  turn(): number;
  /** Something was seen; with an error, those who wait are told that nothing can be seen. */
  tell(error?: unknown): void;
  /** Resolves when `turn()` is no longer `seen`, or the signal aborts; rejects with what was told meanwhile. */
  wait(seen: number, signal: AbortSignal): Promise<void>;
};

export function createNews(): News {
  const waiting = new Set<(error?: unknown) => void>();
  let turn = 0;
  return {
    turn: () => turn,
    tell(error) {
      turn += 1;
      for (const settle of [...waiting]) settle(error);
    },
    wait(seen, signal) {
      if (turn !== seen || signal.aborted) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const stop = () => settle();
        const settle = (error?: unknown) => {
          signal.removeEventListener('abort', stop);
          waiting.delete(settle);
          if (error === undefined) resolve();
          else reject(error);
        };
        signal.addEventListener('abort', stop, { once: true });
        waiting.add(settle);
      });
    },
  };
}
