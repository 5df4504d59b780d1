/** The read models of this version, kept by a process or only asked about. */
import { allDerived, allProjections } from '../projections/all.ts';
import { createProjectionControl, type ProjectionControl } from '../projections/runtime/control.ts';
import { createProjectionRuntime, type ProjectionRuntime } from '../projections/runtime/runtime.ts';
import { createBuildThreads } from './build-threads.ts';
import type { Engines } from './engines.ts';
import type { ReadModels } from './read-models.ts';

/** The runtime over all read models; nothing runs before `start`. */
export function createProjections(
  engines: Engines,
  { views, outside }: Pick<ReadModels, 'views' | 'outside'>,
  options: { readonly yields?: boolean } = {},
): ProjectionRuntime {
  const { database, keys, logger, store } = engines;
  return createProjectionRuntime({
    log: store,
    database,
    keys,
    logger,
    projections: allProjections,
    derived: allDerived,
    outside,
    views,
    threads: createBuildThreads(engines),
    ...options,
  });
}

/** What people ask of them; whoever keeps the rows carries it out. */
export function createControl(
  { database, store }: Engines,
  { views, outside }: Pick<ReadModels, 'views' | 'outside'>,
): ProjectionControl {
  return createProjectionControl({
    database,
    log: store,
    projections: allProjections,
    derived: allDerived,
    outside,
    views,
  });
}
