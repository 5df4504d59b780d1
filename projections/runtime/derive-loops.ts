/** The loops that keep what is built from rows: each model that this process has a lease on follows its sources. */
import type pg from 'pg';
import type { Logger } from '../../platform/logging/logger.ts';
import { pause } from '../../platform/process/pause.ts';
import { LaneLost } from './checkpoints.ts';
import { refreshModel } from './derive.ts';
import type { Keeper } from './keep.ts';
import { LANES } from './lanes.ts';
import type { Lease } from './leases.ts';
import { createOutsideKeeper, SETTLED_MS } from './outside.ts';
import type { Progress } from './signal.ts';
import type { DerivedModel, OutsideModel } from './types.ts';

export type DeriveContext = {
  readonly pool: pg.Pool;
  readonly keeper: Pick<Keeper, 'lanes' | 'leases'>;
  readonly progress: Progress;
  readonly owner: string;
  readonly logger: Logger;
  /** Of the projections, by name. */
  readonly versions: ReadonlyMap<string, number>;
};

/** Models are refreshed at most this often. */
const REFRESH_MS = 25;
/** Sources are looked at this often: where this process moves them itself it is told, else it must look. */
const LOOK_MS = { own: 1_000, others: 100 };

/** Keeps one model in the database, each of its generations by itself. Until the signal aborts. */
export function keepDerived(context: DeriveContext, model: DerivedModel, signal: AbortSignal): Promise<void> {
  const { keeper, ...rest } = context;
  const known = new WeakSet<Lease>();
  return loop(
    context,
    model.sources,
    async () => {
      const leases = keeper.leases(model.name);
      await Promise.all(leases.map((lease) => refreshModel({ ...rest, lease }, model, !known.has(lease))));
      for (const lease of leases) known.add(lease);
    },
    signal,
  );
}

/** Keeps one model in another engine. Until the signal aborts; throws while that engine is away. */
export function keepOutside(
  context: DeriveContext & { readonly settledMs: number | undefined },
  model: OutsideModel,
  signal: AbortSignal,
): Promise<void> {
  const { keeper, settledMs = SETTLED_MS } = context;
  const outside = createOutsideKeeper(model, { ...context, settledMs });
  const live = () => keeper.leases(model.name).find(({ generation }) => generation.state === 'live');
  return loop(context, model.sources, () => outside.refresh(live()), signal);
}

async function loop(
  { keeper, progress }: DeriveContext,
  sources: readonly string[],
  refresh: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const turn = progress.turns();
    await refresh().catch(unlessLost);
    const own = keeper.lanes().filter(({ generation: { name, state } }) => state === 'live' && sources.includes(name));
    const waitMs = own.length === sources.length * LANES ? LOOK_MS.own : LOOK_MS.others;
    // What moved during the refresh is not waited for: readers would see it a second late.
    if (progress.turns() === turn) await progress.next(waitMs, signal);
    await pause(REFRESH_MS, signal);
  }
}

/** Another process has it now: the keeper is about to notice. */
function unlessLost(error: unknown): void {
  if (!(error instanceof LaneLost)) throw error;
}
