/** Work under one name goes one after the other; under different names at once. */
import { within } from '../../platform/process/within.ts';
import { LogUnavailable } from '../port.ts';

export type Turns = {
  /** Throws `LogUnavailable`, the work not begun, when its turn does not come within `waitMs`. */
  take<T>(name: string, waitMs: number, work: () => Promise<T>): Promise<T>;
};

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    async take(name, waitMs, work) {
      let end = (): void => undefined;
      const own = new Promise<void>((resolve) => {
        end = resolve;
      });
      const before = last.get(name) ?? null;
      // Who gives up waiting ends its turn at once, but those behind it still wait for whoever is before it.
      const mine = before === null ? own : before.then(() => own);
      last.set(name, mine);
      void mine.then(() => {
        if (last.get(name) === mine) last.delete(name);
      });
      try {
        if (before !== null) await within(waitMs, before, () => heldUp(name));
        return await work();
      } finally {
        end();
      }
    },
  };
}

function heldUp(name: string): LogUnavailable {
  return new LogUnavailable(`appends to ${name} are held up: nothing was written, try again`);
}
