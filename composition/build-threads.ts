/** Starts threads that fill projections, each with engines of its own. */
import { availableParallelism } from 'node:os';
import type { Config } from '../platform/config/config.ts';
import type { BuildThreads } from '../projections/runtime/build/build.ts';
import { createBuildThread } from '../projections/runtime/build/thread.ts';
import type { Engines, LogConfig } from './engines.ts';
import { startThread } from './start-thread.ts';

/** What a thread needs to open its engines. It stays in memory: nothing of it is logged or written down. */
export type ThreadData = {
  readonly databaseUrl: string;
  readonly masterKey: Uint8Array;
  readonly config: LogConfig & Pick<Config, 'logLevel'>;
};

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
    start: () => createBuildThread(startThread(new URL('./build-thread.ts', import.meta.url), workerData)),
  };
}
