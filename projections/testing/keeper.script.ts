/** A process that keeps counting projections until it is killed, for `sharing.int.spec.ts`. */
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createProjectionRuntime } from '../runtime/runtime.ts';
import { COUNTING } from './counting.ts';

const [url = '', owner = '', leaseMs = ''] = process.argv.slice(2);
const logger = createLogger({ name: 'keeper', level: 'silent' });
const runtime = createProjectionRuntime({
  log: await createPostgresEventStore({ url, logger, readConnections: 2 }),
  database: { url },
  // These events have nothing personal.
  keys: { openAll: async (plain) => plain as never },
  logger,
  projections: COUNTING,
  derived: [],
  owner,
  leaseMs: Number(leaseMs),
});
await runtime.start();
