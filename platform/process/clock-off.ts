/** How far this process's clock is off another's. */

/**
 * In milliseconds and at least: the other looks at its clock some time between the question and the answer, so only what
 * lies outside of that is a difference. `tickMs`: what it tells is rounded down to so many (1).
 */
export async function clockOffMs(ask: () => Promise<number>, tickMs = 1): Promise<number> {
  const sent = Date.now();
  const theirs = await ask();
  return Math.max(sent - (theirs + tickMs - 1), theirs - Date.now(), 0);
}
