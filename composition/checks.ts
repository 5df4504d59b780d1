/** What must hold for a process to be ready, each by name. */
import type { HealthCheck } from '../platform/http/health.ts';
import { clockOffMs } from '../platform/process/clock-off.ts';
import type { Loop } from '../platform/process/supervise.ts';
import type { ProjectionRuntime } from '../projections/runtime/runtime.ts';
import type { Engines } from './engines.ts';
import type { RunningShop } from './shop.ts';

/** A clock further from the engine's than this writes times that mislead. */
const CLOCK_MS = 1_000;
/** A tail further behind than this is cut off. */
const TAIL_S = 5;

export function engineChecks({ database, store }: Engines, { tail }: RunningShop): Record<string, HealthCheck> {
  return {
    postgres: async () => clockProblem(await clockOffMs(() => clockOf(database)), 'engine'),
    log: async () => {
      await store.head();
      return clockProblem((await store.clockOffMs()) ?? 0, 'log');
    },
    tail: async () =>
      tail.lagSeconds() > TAIL_S ? `nothing heard from the log for ${Math.round(tail.lagSeconds())} s` : undefined,
  };
}

async function clockOf({ pool }: Engines['database']): Promise<number> {
  const { rows } = await pool.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  );
  return rows[0]?.ms ?? Number.NaN;
}

function clockProblem(offMs: number, whose: string): string | undefined {
  return offMs > CLOCK_MS ? `this clock is ${Math.round(offMs)} ms off the ${whose}'s: set it by NTP` : undefined;
}

/** Who only reads needs tables that another process makes. */
export function readModelsCheck(projections: Pick<ProjectionRuntime, 'status'>): HealthCheck {
  return async () =>
    (await projections.status()).length === 0
      ? 'there are no read models in this database yet: start a process that keeps them (npm run projections)'
      : undefined;
}

/** A loop that keeps failing does no work, however alive its process is. */
export function loopChecks(loops: readonly Loop[]): Record<string, HealthCheck> {
  return Object.fromEntries(
    loops.map((loop) => [
      loop.state().name,
      async () => {
        const { status, lastError } = loop.state();
        return status === 'running' ? undefined : `${status}: ${lastError ?? 'no reason known'}`;
      },
    ]),
  );
}
