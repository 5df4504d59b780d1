/** What ops ask of projections over HTTP, handed to those who keep them; what cannot be done becomes a refusal. */
import { type Rejection, reject } from '../domain/rejection.ts';
import { NotPossible, type ProjectionControl, UnknownProjection } from '../projections/runtime/control.ts';
import { wishParked } from '../projections/runtime/parked-items.ts';
import type { ProjectionWish, WishParked, WishProjection } from '../write-api/projection-control.ts';
import type { Engines } from './engines.ts';

type Act = (control: ProjectionControl, name: string, by: string, sample: number | undefined) => Promise<unknown>;

const ACTS: Readonly<Record<ProjectionWish, Act>> = {
  rebuild: (control, name, by) => control.rebuild([name], by),
  verify: (control, name, by, sample) => control.requestVerify(name, { sample }, by),
  pause: (control, name, by) => control.pause(name, by),
  resume: (control, name, by) => control.resume(name, by),
  'swap-back': (control, name, by) => control.swapBack(name, by),
  'drop-previous': (control, name, by) => control.dropPrevious(name, by),
};

/** Wishes for projections, on their control. */
export function projectionWishes(control: ProjectionControl): WishProjection {
  return async (wish, name, { by, sample }) => {
    try {
      await ACTS[wish](control, name, by, sample);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  };
}

/** Wishes for parked events. */
export function parkedWishes({ database }: Pick<Engines, 'database'>): WishParked {
  return async (id, wish) => {
    const answer = await wishParked(database.pool, id, wish);
    return answer === 'noted'
      ? undefined
      : reject('not_found', 'This is not parked, or not any more: GET /admin/parked lists what is.', NOT_FOUND);
  };
}

const NOT_FOUND = { kind: 'not_found' } as const;

function refusalOf(error: unknown): Rejection {
  if (error instanceof UnknownProjection) return reject('not_found', sentence(error.message), NOT_FOUND);
  if (error instanceof NotPossible) return reject('not_possible', sentence(error.message));
  throw error;
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
