/** Waiting that a closing store ends at once. */

/** Waits before try number `attempt` (from 0): 100 ms, doubled up to 2 s, or until the signal aborts. */
export async function backoff(attempt: number, signal: AbortSignal): Promise<void> {
  await pause(Math.min(2_000, 100 * 2 ** attempt), signal);
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
