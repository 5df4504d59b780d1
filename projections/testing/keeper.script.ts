/**
 * A process that keeps counting projections until it is killed, for `sharing.int.spec.ts`. Told by SIGUSR2 it stops itself
 * (SIGSTOP) where that is worst: it has read its rows, and wakes up to write what became of them.
 */
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createProjectionRuntime } from '../runtime/runtime.ts';
import type { Projection } from '../runtime/types.ts';
import { COUNTING } from './counting.ts';

const [url = '', owner = '', leaseMs = ''] = process.argv.slice(2);
let tired = false;
process.on('SIGUSR2', () => {
  tired = true;
});

function stopping(projection: Projection): Projection {
  return {
    ...projection,
    project(event, row, key) {
      if (tired) process.kill(process.pid, 'SIGSTOP');
      tired = false;
      return projection.project(event, row, key);
    },
  };
}

const logger = createLogger({ name: 'keeper', level: 'silent' });
const runtime = createProjectionRuntime({
  log: await createPostgresEventStore({ url, logger, readConnections: 2 }),
  database: { url },
  // These events have nothing personal.
  keys: { openAll: async (plain) => plain as never },
  logger,
  projections: COUNTING.map(stopping),
  derived: [],
  // So that a rebuild is long enough to be stopped on its way.
  sizes: { page: 100, betweenWrites: 400 },
  owner,
  leaseMs: Number(leaseMs),
});
await runtime.start();
