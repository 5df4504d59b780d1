/** Before projections run: their tables are there, of this version, and their checkpoints belong to this log. */
import type pg from 'pg';
import { assertCheckpoint } from '../../event-store/checkpoint.ts';
import type { EventStore, LogIdentity } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type CheckpointRow, GENERATION, readCheckpoints } from './checkpoints.ts';
import { LANES } from './lanes.ts';
import { createTable, tableOf } from './table.ts';
import { inTransaction } from './transaction.ts';
import type { DerivedModel, OutsideModel, Projection } from './types.ts';

export type Models = {
  readonly projections: readonly Projection[];
  readonly derived: readonly DerivedModel[];
  /** Derived models that other engines keep. */
  readonly outside?: readonly OutsideModel[];
};

/** The tables were built by a newer Souk than this one. */
export class NewerProjection extends Error {
  constructor(name: string, version: number) {
    super(`projection ${name} is at version ${version}, newer than this Souk: update this process or stop it`);
    this.name = 'NewerProjection';
  }
}

/**
 * Creates what is missing, builds again from zero what changed its version, and checks the rest against the log. Throws
 * `CheckpointMismatch` and `NewerProjection`.
 */
export async function prepareTables(
  pool: pg.Pool,
  log: EventStore,
  { projections, derived, outside = [], logger }: Models & { readonly logger: Logger },
): Promise<void> {
  const identity = await log.identity();
  await inTransaction(pool, async (client) => {
    // Several processes start together: without the lock two of them would drop and create the same tables.
    await client.query(`select pg_advisory_xact_lock(hashtext('souk:projections:setup'))`);
    const rows = await readCheckpoints(client);
    const reset = new Set<string>();
    for (const projection of projections) {
      if (isCurrent(rows, projection.name, { version: projection.version, lanes: LANES })) continue;
      logger.info({ projection: projection.name, version: projection.version }, 'building a projection from zero');
      await client.query(`drop table if exists ${tableOf(projection)}`);
      for (const statement of createTable(projection)) await client.query(statement);
      await resetCheckpoint(client, { ...projection, lanes: LANES, identity });
      reset.add(projection.name);
    }
    for (const model of [...derived, ...outside]) {
      const current = isCurrent(rows, model.name, { version: model.version, lanes: 1 });
      if (current && !model.sources.some((source) => reset.has(source))) continue;
      for (const table of model.tables) await client.query(`drop table if exists ${table}`);
      for (const statement of model.create) await client.query(statement);
      await resetCheckpoint(client, { ...model, lanes: 1, identity });
    }
  });
  await checkLog(pool, log, { projections, derived, outside });
}

/** Checkpoints of another log would make this one be read from the wrong place: throws `CheckpointMismatch`. */
async function checkLog(pool: pg.Pool, log: EventStore, models: Models): Promise<void> {
  const { projections, derived, outside = [] } = models;
  const names = new Set([...projections, ...derived, ...outside].map((model) => model.name));
  const checked = new Set<string>();
  for (const row of await readCheckpoints(pool)) {
    const checkpoint = { logId: row.log_id, epoch: row.epoch, position: row.position, eventId: row.event_id };
    const place = JSON.stringify(checkpoint);
    if (!names.has(row.name) || checked.has(place)) continue;
    checked.add(place);
    await assertCheckpoint(log, checkpoint);
  }
}

function isCurrent(
  rows: readonly CheckpointRow[],
  name: string,
  wanted: { readonly version: number; readonly lanes: number },
): boolean {
  const mine = rows.filter((row) => row.name === name);
  const newer = mine.find((row) => row.version > wanted.version);
  if (newer) throw new NewerProjection(name, newer.version);
  return (
    mine.length === wanted.lanes && mine.every((row) => row.version === wanted.version && row.lanes === wanted.lanes)
  );
}

async function resetCheckpoint(
  client: pg.PoolClient,
  model: { readonly name: string; readonly version: number; readonly lanes: number; readonly identity: LogIdentity },
): Promise<void> {
  await client.query('delete from projections.checkpoints where name = $1', [model.name]);
  await client.query(
    `insert into projections.checkpoints (name, version, generation, lane, lanes, log_id, epoch)
     select $1, $2, ${GENERATION}, lane, $3, $4, $5 from generate_series(0, $3 - 1) as lane`,
    [model.name, model.version, model.lanes, model.identity.logId, model.identity.epoch],
  );
}
