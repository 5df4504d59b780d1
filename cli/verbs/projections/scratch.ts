/** What verbs need that fill rows of their own beside those the shop reads. */

import { createBuildThreads } from '../../../composition/build-threads.ts';
import type { Engines } from '../../../composition/engines.ts';
import { createProjections } from '../../../composition/projections.ts';
import { openReadModels } from '../../../composition/read-models.ts';
import type { ScratchContext } from '../../../projections/runtime/scratch.ts';
import { cliActor } from '../../with-engines.ts';

/** Fills with the rows of the shop at the head first: kept here, unless a process of the shop keeps them. */
export async function besideTheShop<T>(
  engines: Engines,
  interrupted: AbortSignal,
  work: (context: ScratchContext) => Promise<T>,
): Promise<T | undefined> {
  const { database, store, keys, logger } = engines;
  const runtime = createProjections(engines, await openReadModels(engines), { yields: true });
  try {
    await runtime.start();
    await runtime.reachHead(interrupted);
    if (interrupted.aborted) return undefined;
    const owner = `${cliActor(engines)}:${process.pid}`;
    return await work({ pool: database.pool, log: store, keys, logger, owner, threads: createBuildThreads(engines) });
  } finally {
    await runtime.stop();
  }
}
