/** Waiting that a signal ends at once. */
import { setTimeout as delay } from 'node:timers/promises';

/** Waits before try number `attempt` (from 0): 100 ms, doubled up to 2 s, or until the signal aborts. */
export async function backoff(attempt: number, signal: AbortSignal): Promise<void> {
  await pause(Math.min(2_000, 100 * 2 ** attempt), signal);
}

/** Resolves after `ms`, or as soon as the signal aborts: whoever waits then looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined); // Nothing but the abort can end it early.
}
