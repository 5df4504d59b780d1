/** Starts threads that fill projections, each with engines of its own. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Config } from '../platform/config/config.ts';
import type { BuildThreads } from '../projections/runtime/build/build.ts';
import { createBuildThread } from '../projections/runtime/build/thread.ts';
import type { Engines, LogConfig } from './engines.ts';

/** What a thread needs to open its engines. It stays in memory: nothing of it is logged or written down. */
export type ThreadData = {
  readonly databaseUrl: string;
  readonly masterKey: Uint8Array;
  readonly config: LogConfig & Pick<Config, 'logLevel'>;
};

/** Pages of events live just long enough to be carried over by a young heap of the usual size, again and again. */
const YOUNG_MIB = 96;
/** Each takes some 300 MiB. */
const AT_MOST = 4;

export function createBuildThreads(
  { database, masterKey, config }: Pick<Engines, 'database' | 'masterKey' | 'config'>,
  count = Math.min(AT_MOST, availableParallelism()),
): BuildThreads {
  const { eventStoreUrl, logLevel } = config;
  const workerData: ThreadData = {
    databaseUrl: database.url,
    masterKey,
    config: { logLevel, ...(eventStoreUrl === undefined ? {} : { eventStoreUrl }) },
  };
  return {
    count,
    start: () =>
      createBuildThread(
        new Worker(new URL('./build-thread.ts', import.meta.url), {
          workerData,
          // As composing files are started, whoever started this process and however.
          execArgv: ['--import', new URL('./typescript.mjs', import.meta.url).href],
          resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
        }),
      ),
  };
}
