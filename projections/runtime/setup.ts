/** Before projections run: their tables are there, of this version, and their checkpoints belong to this log. */
import type pg from 'pg';
import { assertCheckpoint } from '../../event-store/checkpoint.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { readCheckpoints } from './checkpoints.ts';
import {
  createGeneration,
  dropGeneration,
  type Generation,
  type GenerationModel,
  lockGenerations,
  readGenerations,
  showGeneration,
} from './generations.ts';
import { type Models, modelsOf } from './models.ts';
import { inTransaction } from './transaction.ts';

/** The tables were built by a newer Souk than this one. */
export class NewerProjection extends Error {
  constructor(name: string, version: number) {
    super(`projection ${name} is at version ${version}, newer than this Souk: update this process or stop it`);
    this.name = 'NewerProjection';
  }
}

/**
 * Creates what is missing, builds again from zero what changed its version, and checks the rest against the log. Returns
 * the generations that are there. Throws `CheckpointMismatch` and `NewerProjection`.
 */
export async function prepareTables(
  pool: pg.Pool,
  log: EventStore,
  { logger, ...models }: Models & { readonly logger: Logger },
): Promise<readonly Generation[]> {
  const identity = await log.identity();
  const generations = await inTransaction(pool, async (client) => {
    // Several processes start together: without the lock two of them would drop and create the same tables.
    await lockGenerations(client);
    const there = await readGenerations(client);
    const lanes = new Map((await readCheckpoints(client)).map((row) => [row.name, row.lanes]));
    const reset = new Set<string>();
    const make = async (model: GenerationModel, sources: readonly string[] = []) => {
      const live = there.find(({ name, state }) => name === model.name && state === 'live');
      if (live && live.version > model.version) throw new NewerProjection(model.name, live.version);
      const current = live?.version === model.version && lanes.get(model.name) === model.lanes;
      if (current && !sources.some((source) => reset.has(source))) return;
      const { name, version } = model;
      logger.info({ projection: name, version }, 'building a projection from zero');
      if (live) await dropGeneration(client, live);
      await showGeneration(client, await createGeneration(client, model, { state: 'live', identity }), model.tables);
      reset.add(name);
    };
    const { derived, outside = [] } = models;
    const sources = new Map([...derived, ...outside].map((model) => [model.name, model.sources]));
    for (const model of modelsOf(models)) await make(model, sources.get(model.name));
    return readGenerations(client);
  });
  await checkLog(pool, log, models);
  return generations;
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
