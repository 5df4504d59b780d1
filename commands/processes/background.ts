/** Work that goes on after its answer was given: kept track of, so that a graceful stop waits for it and errors are seen. */

export type Background = {
  /** Starts `work`; a failure is handed to the one place that logs it. `what` names it there. */
  run(what: string, work: () => Promise<unknown>): void;
  /** Waits until nothing is under way. */
  drain(): Promise<void>;
};

/**
 * Nothing depends on this work being done here: whatever is lost with this process is found by the process runner. At
 * most `limit` run at once, further ones are left to the runner, so that a burst cannot starve the requests.
 */
export function createBackground(options: {
  readonly onError: (error: unknown, what: string) => void;
  readonly limit?: number;
}): Background {
  const limit = options.limit ?? 256;
  const underWay = new Set<Promise<void>>();
  return {
    run(what, work) {
      if (underWay.size >= limit) return;
      const running: Promise<void> = work()
        .catch((error: unknown) => options.onError(error, what))
        .then(() => {
          underWay.delete(running);
        });
      underWay.add(running);
    },
    async drain() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
