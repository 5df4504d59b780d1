/** Lets the HTTP kit wait for projections in its own words. */
import type { Position } from '../event-store/port.ts';
import type { WaitFor } from '../platform/http/kit.ts';
import type { WaitFor as WaitForProjections } from '../projections/runtime/wait.ts';

// So often a wait looks whether the client is still there.
const SLICE_MS = 500;

/** `wait` is the projection runtime's, or a waiter on the checkpoints of a process that runs none. */
export function waitForProjections(wait: WaitForProjections): WaitFor {
  return async (names, position, { timeoutMs, signal }) => {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const left = Math.max(0, until - performance.now());
      const waited = await wait(position as Position, names, Math.min(SLICE_MS, left));
      if (waited.ok) return { reached: true, at: null };
      // It will not come by waiting.
      if (waited.parked) return { reached: false, at: waited.reached, parked: waited.parked };
      if (left <= SLICE_MS || signal.aborted) return { reached: false, at: waited.reached };
    }
  };
}
