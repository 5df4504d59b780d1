/** Lets so many pieces of work run at once, the others in the order they came. */

export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** `limit` at once. */
export function createTurns(limit: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The place is handed over, not given back first: nobody who comes just now can slip in before those that wait.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
