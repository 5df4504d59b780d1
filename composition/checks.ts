/** What must hold for a process to be ready, each by name. */

import type { HealthCheck } from '../platform/http/health.ts';
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
    postgres: async () => {
      const sent = Date.now();
      const { rows } = await database.pool.query<{ ms: number }>(
        'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
      );
      const received = Date.now();
      // The engine looked at its clock some time between: only what lies outside that span is a difference.
      const engine = rows[0]?.ms ?? sent;
      const off = Math.max(sent - engine, engine - received, 0);
      return off > CLOCK_MS ? `this clock is ${Math.round(off)} ms off the engine's: set it by NTP` : undefined;
    },
    log: async () => {
      await store.head();
      const off = await store.clockOffMs();
      return off !== undefined && off > CLOCK_MS
        ? `this clock is ${Math.round(off)} ms off the log's: set it by NTP`
        : undefined;
    },
    tail: async () =>
      tail.lagSeconds() > TAIL_S ? `nothing heard from the log for ${Math.round(tail.lagSeconds())} s` : undefined,
  };
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
