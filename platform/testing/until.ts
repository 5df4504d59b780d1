/** Waits in tests for what comes about by itself, without asserting how long it takes. */
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;
/** Far beyond any test's own time limit: a look that nobody waits for any more must not keep the process. */
const GIVE_UP_MS = 300_000;

type Look<T> = () => T | undefined | null | false | Promise<T | undefined | null | false>;

/** What is seen, as soon as anything is. */
export async function until<T>(look: Look<T>): Promise<T> {
  for (const giveUpAt = performance.now() + GIVE_UP_MS; performance.now() < giveUpAt; await delay(LOOK_MS)) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`it did not come to that: ${look}`);
}

/** What an attempt comes to, as soon as one does not throw. */
export async function untilItWorks<T>(attempt: () => Promise<T>): Promise<T> {
  const { answer } = await until(() =>
    attempt().then(
      (answer) => ({ answer }),
      () => undefined, // Tried again.
    ),
  );
  return answer;
}
