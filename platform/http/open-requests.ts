/** The requests in hand, each with a signal that ends its waiting: its client went away, or the server stops. */
import type { ServerResponse } from 'node:http';

export type OpenRequests = {
  signalOf(response: ServerResponse): AbortSignal;
  stopped(): boolean;
  /** Aborts every signal, and those of requests to come. */
  stop(): void;
};

// One controller for each request, dropped with it: `AbortSignal.any` with a signal that lives as long as the process
// leaves a trace of each request on it in Node 20.
export function createOpenRequests(): OpenRequests {
  const open = new Set<AbortController>();
  let stopped = false;
  return {
    signalOf(response) {
      const controller = new AbortController();
      if (stopped) controller.abort();
      open.add(controller);
      response.once('close', () => {
        open.delete(controller);
        if (!response.writableFinished) controller.abort();
      });
      return controller.signal;
    },
    stopped: () => stopped,
    stop() {
      stopped = true;
      for (const controller of open) controller.abort();
    },
  };
}
