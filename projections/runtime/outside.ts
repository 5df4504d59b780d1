/** The loop of a model in another engine: what changed is sent as soon as it is known, and once more after a take-over. */
import type { Position } from '../../event-store/port.ts';
import { errorMessage } from '../../platform/process/error-code.ts';
import { type Building, noteProblem, reachedBy, refreshOutside } from './derive.ts';
import type { Lease } from './leases.ts';
import type { OutsideModel } from './types.ts';

export type OutsideOptions = Omit<Building, 'lease'> & {
  /** So long after a take-over nothing is under way any more that the process before has sent, in milliseconds. */
  readonly settledMs: number;
};

export type OutsideKeeper = {
  /** Brings the model to where its sources are; without a lease another process does. */
  refresh(lease: Lease | undefined): Promise<void>;
};

/** Tries of a write and the pause between them: what the process before has sent has arrived, or never will. */
export const SETTLED_MS = 60_000;

export function createOutsideKeeper(model: OutsideModel, { settledMs, ...context }: OutsideOptions): OutsideKeeper {
  let takenOver: { readonly at: Position; readonly due: number } | undefined;
  let last: Lease | undefined;
  let filled: string | undefined;
  // Of before the start too: what was noted then may be long over.
  let noted = true;

  async function takeOver(building: Building): Promise<void> {
    const at = await reachedBy(building);
    filled = undefined;
    takenOver = at === null ? undefined : { at, due: performance.now() + settledMs };
    last = building.lease;
  }

  async function refreshNow(building: Building): Promise<void> {
    const again = takenOver && performance.now() >= takenOver.due ? takenOver.at : undefined;
    filled = await refreshOutside(building, model, { again, filled });
    if (again !== undefined) takenOver = undefined;
    if (noted) await noteProblem(building, await model.outside.missing(context.pool));
    noted = false;
  }

  return {
    async refresh(lease) {
      if (!lease) return;
      const building = { ...context, lease };
      if (lease !== last) await takeOver(building);
      try {
        await refreshNow(building);
      } catch (error) {
        noted = true;
        await noteProblem(building, errorMessage(error));
        throw error;
      }
    },
  };
}
