/** The loop of a model in another engine: what changed is sent as soon as it is known, and once more after a take-over. */
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import { errorMessage } from '../../platform/process/error-code.ts';
import { noteProblem, placeOf, refreshOutside } from './derive.ts';
import type { OutsideModel } from './types.ts';

export type OutsideOptions = {
  readonly pool: pg.Pool;
  readonly owner: string;
  /** So long after a take-over nothing is under way any more that the process before has sent, in milliseconds. */
  readonly settledMs: number;
};

export type OutsideKeeper = {
  /** Brings the model to where its sources are. `following`: whether this process keeps the rows; else it only watches. */
  refresh(following: boolean): Promise<void>;
};

/** Tries of a write and the pause between them: what the process before has sent has arrived, or never will. */
export const SETTLED_MS = 60_000;

export function createOutsideKeeper(model: OutsideModel, { pool, owner, settledMs }: OutsideOptions): OutsideKeeper {
  let takenOver: { readonly at: Position; readonly due: number } | undefined;
  let following = false;
  let filled: string | undefined;
  // Of before the start too: what was noted then may be long over.
  let noted = true;

  async function refreshNow(): Promise<void> {
    const again = takenOver && performance.now() >= takenOver.due ? takenOver.at : undefined;
    filled = await refreshOutside(pool, model, { owner, again, filled });
    if (again !== undefined) takenOver = undefined;
    if (noted) await noteProblem(pool, model, await model.outside.missing(pool));
    noted = false;
  }

  return {
    async refresh(now) {
      if (now && !following) {
        const at = await placeOf(pool, model);
        filled = undefined;
        takenOver = at === null ? undefined : { at, due: performance.now() + settledMs };
      }
      following = now;
      if (!following) return;
      try {
        await refreshNow();
      } catch (error) {
        noted = true;
        await noteProblem(pool, model, errorMessage(error));
        throw error;
      }
    },
  };
}
