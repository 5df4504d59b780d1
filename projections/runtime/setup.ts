/** Before projections run: their tables are there, of this version, and their checkpoints belong to this log. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { assertCheckpoint } from '../../event-store/checkpoint.ts';
import type { EventStore, LogIdentity } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { errorCode } from '../../platform/process/error-code.ts';
import { readCheckpoints } from './checkpoints.ts';
import {
  createGeneration,
  type Generation,
  type GenerationModel,
  lockGenerations,
  readGenerations,
  SHORT_LOCKS,
  showGeneration,
  startOver,
} from './generations.ts';
import { type Models, modelsOf } from './models.ts';
import { inTransaction, LOCK_TIMEOUT } from './transaction.ts';

/** The tables were built, or are being built, by a newer Souk than this one. */
export class NewerProjection extends Error {
  constructor(name: string, version: number) {
    super(`projection ${name} is at version ${version}, newer than this Souk: update this process or stop it`);
    this.name = 'NewerProjection';
  }
}

/**
 * Creates what is missing, begins a new generation beside what is of an older version, and checks the rest against the log.
 * Throws `CheckpointMismatch` and `NewerProjection`.
 */
export async function prepareTables(
  pool: pg.Pool,
  log: EventStore,
  { logger, ...models }: Models & { readonly logger: Logger },
): Promise<void> {
  const identity = await log.identity();
  await withShortLocks(pool, async (client) => {
    const all = await readGenerations(client);
    const lanes = new Map((await readCheckpoints(client)).map((row) => [keyOf(row), row.lanes]));
    for (const model of modelsOf(models)) {
      const there = all.filter(({ name }) => name === model.name);
      await prepareModel(client, model, { there, lanesOf: (each) => lanes.get(keyOf(each)), identity, logger });
    }
  });
  await checkLog(pool, log, models);
}

type There = {
  readonly there: readonly Generation[];
  /** How many checkpoints it has; undefined: none. */
  readonly lanesOf: (generation: Generation) => number | undefined;
  readonly identity: LogIdentity;
  readonly logger: Logger;
};

async function prepareModel(client: pg.ClientBase, model: GenerationModel, of: There): Promise<void> {
  const { there, lanesOf, identity, logger } = of;
  const { name, version } = model;
  const live = there.find(({ state }) => state === 'live');
  const isOurs = (each: Generation) => each.version === version && lanesOf(each) === model.lanes;
  const isKept = ({ state }: Generation) => state === 'building' || state === 'previous';
  if (live && isOurs(live)) return;
  const newer = there.find((each) => (each.state === 'live' || each.state === 'building') && each.version > version);
  if (newer && !there.some((each) => isKept(each) && isOurs(each))) throw new NewerProjection(name, newer.version);
  // Without checkpoints its rows are of another log, or nobody knows of what.
  if (!live || lanesOf(live) === undefined || model.inPlace) {
    logger.info({ projection: name, version }, 'building a projection from zero');
    await startOver(client, model, { there, identity });
    return;
  }
  // It is being built already, or was swapped back from by somebody who had a reason.
  if (there.some((each) => isKept(each) && isOurs(each))) return;
  logger.info({ projection: name, version }, 'building a new version of a projection beside the one that is read');
  await client.query(`update projections.generations set state = 'dropping' where name = $1 and state = 'building'`, [
    name,
  ]);
  await createGeneration(client, model, { state: 'building', identity });
  await showGeneration(client, live, model.tables);
}

/** A transaction in which nobody else changes generations, and that holds nobody up who reads what it is to change. */
async function withShortLocks(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await inTransaction(pool, async (client) => {
        // Several processes start together: without the lock two of them would make the same tables.
        await lockGenerations(client);
        await client.query(SHORT_LOCKS);
        await work(client);
      });
    } catch (error) {
      if (errorCode(error) !== LOCK_TIMEOUT) throw error;
      await delay(100);
    }
  }
}

function keyOf({ name, generation }: Pick<Generation, 'name' | 'generation'>): string {
  return `${name}/${generation}`;
}

/** Checkpoints of another log would make this one be read from the wrong place: throws `CheckpointMismatch`. */
async function checkLog(pool: pg.Pool, log: EventStore, models: Models): Promise<void> {
  const names = new Set(modelsOf(models).map((model) => model.name));
  const checked = new Set<string>();
  for (const row of await readCheckpoints(pool)) {
    const checkpoint = { logId: row.log_id, epoch: row.epoch, position: row.position, eventId: row.event_id };
    const place = JSON.stringify(checkpoint);
    if (!names.has(row.name) || checked.has(place)) continue;
    checked.add(place);
    await assertCheckpoint(log, checkpoint);
  }
}
