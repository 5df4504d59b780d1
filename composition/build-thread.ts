/** A thread that fills projections: opens the log, the rows and the keys for itself, and does as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { createPostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { openDatabase } from '../platform/postgres/database.ts';
import { allProjections } from '../projections/all.ts';
import { serveThread } from '../projections/runtime/build/serve-thread.ts';
import type { ThreadData } from './build-threads.ts';
import { openLog } from './engines.ts';

const { databaseUrl, masterKey, config } = workerData as ThreadData;
const port = parentPort;
if (!port) throw new Error('this runs as a thread of a shop: start the shop');
const logger = createLogger({ name: 'souk-build', level: config.logLevel });
const rows = openDatabase(databaseUrl, { applicationName: 'souk-projections', max: 4 });
const log = await openLog(databaseUrl, { config, logger });
const keys = await createPostgresKeyStore({ database: rows, masterKey: Buffer.from(masterKey) });
await serveThread(port, { pool: rows.pool, log, keys, projections: allProjections });
await log.close();
await rows.close();
