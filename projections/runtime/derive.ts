/** Keeps derived models up to date: builds again what changed in their sources, then moves their checkpoint. */
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type CheckpointRow, LaneLost, readCheckpoints } from './checkpoints.ts';
import { buildOrPark, retryParked } from './derive-parked.ts';
import { inSchema } from './generations.ts';
import { earliest } from './lanes.ts';
import type { Lease } from './leases.ts';
import { inTransaction } from './transaction.ts';
import type { DerivedModel, OutsideModel } from './types.ts';

/** Built in one transaction: short enough that readers of the same database never wait for it. */
const CHUNK = 500;

/** What a model's functions here need: which of its generations, and the right to build it. */
export type Building = {
  readonly pool: pg.Pool;
  readonly lease: Lease;
  readonly owner: string;
  readonly logger: Logger;
  /** Of the rows that this code can read, by name of their projection. */
  readonly versions: ReadonlyMap<string, number>;
};

/**
 * Brings one generation of a model to where its slowest source is; what cannot be built is parked. `again`: what was parked
 * before is tried once more. Throws `LaneLost` when another process has it now.
 */
export async function refreshModel(building: Building, model: DerivedModel, again: boolean): Promise<void> {
  const { pool } = building;
  const { at, upTo, parked } = await placesOf(building, model);
  if (upTo === null) return;
  const { name, generation } = building.lease.generation;
  const part = {
    model,
    generation,
    upTo,
    holds: parked > 0,
    locked: (work: (client: pg.PoolClient) => Promise<void>) => locked(building, work),
    onParked(key: string, error: Error) {
      const where = { projection: name, generation, key };
      building.logger.error({ err: error, ...where }, 'a part of a read model cannot be built and is parked');
    },
  };
  if (parked > 0) await retryParked(part, pool, again);
  if (at !== null && at >= upTo) return;
  // Read after the checkpoints: every row they speak of can be seen. Newer rows are built too, and once more next time.
  const work = await model.changed(pool, at);
  for (let from = 0; from < work.length; from += CHUNK) {
    await buildOrPark(part, work.slice(from, from + CHUNK));
  }
  await moveTo(building, { upTo, error: null });
}

/**
 * The same for a model in another engine. What was sent there is gone when it is not live any more: then everything is
 * built anew, beside what may still be read. `again`: what changed after it is sent, also where it was before. `filled`:
 * the place this process keeps; another that is live was filled by one that was replaced meanwhile. Returns the place.
 */
export async function refreshOutside(
  building: Building,
  model: OutsideModel,
  { again, filled }: { readonly again: Position | undefined; readonly filled: string | undefined },
): Promise<string | undefined> {
  const { pool } = building;
  const { outside } = model;
  const live = await outside.live();
  const { at, upTo } = await placesOf(building, model);
  await outside.tidy();
  if (upTo === null) return undefined;
  const anew = live === undefined || at === null || (filled !== undefined && live !== filled);
  const after = anew ? null : again !== undefined && again < at ? again : at;
  if (after !== null && after >= upTo) return live;
  // Readers that wait must not take what was there for what is.
  if (anew && at !== null) await startAnew(building);
  const place = anew ? await outside.open() : live;
  const work = await model.changed(pool, after);
  for (let from = 0; from < work.length; from += CHUNK) {
    await outside.send(pool, work.slice(from, from + CHUNK), place);
  }
  if (anew) await outside.publish(place);
  await moveTo(building, { upTo, error: await outside.missing(pool) });
  return place;
}

/** Where it stands; null before the first. */
export async function reachedBy({ pool, lease }: Building): Promise<Position | null> {
  return mine(await readCheckpoints(pool), lease).position;
}

/** Writes down for status why a model does not get on; null: it does. */
export async function noteProblem({ pool, lease }: Building, error: string | null): Promise<void> {
  await pool.query(`update projections.checkpoints set error = $4, updated_at = now() where ${MINE}`, [
    ...keyOf(lease),
    error,
  ]);
}

/** `upTo` is null too as long as a source is of another version. */
async function placesOf({ pool, lease, versions }: Building, model: Pick<DerivedModel, 'sources'>) {
  const rows = await readCheckpoints(pool);
  const sources = rows.filter(({ name, state }) => state === 'live' && model.sources.includes(name));
  const canRead = sources.every(({ name, version }) => versions.get(name) === version);
  const upTo = canRead ? earliest(sources.map((row) => row.position)) : null;
  const { position, parked } = mine(rows, lease);
  return { at: position, upTo, parked };
}

function mine(rows: readonly CheckpointRow[], { generation, epoch }: Lease): CheckpointRow {
  const row = rows.find((row) => row.name === generation.name && row.generation === generation.generation);
  if (row?.owner_epoch !== epoch) throw new LaneLost(generation.name);
  return row;
}

/** The checkpoint of a lease, as long as it is this process's: parameters 1 to 3 are its name, generation and epoch. */
const MINE = 'name = $1 and generation = $2 and owner_epoch = $3';

function keyOf({ generation: { name, generation }, epoch }: Lease): [string, number, number] {
  return [name, generation, epoch];
}

async function moveTo(
  { pool, lease, owner }: Building,
  { upTo, error }: { readonly upTo: Position; readonly error: string | null },
): Promise<void> {
  const { rowCount } = await pool.query(
    `update projections.checkpoints set position = $4, owner = $5, error = $6, updated_at = now(),
       last_progress_at = now() where ${MINE}`,
    [...keyOf(lease), upTo, owner, error],
  );
  if (rowCount === 0) throw new LaneLost(lease.generation.name);
}

async function startAnew({ pool, lease }: Building): Promise<void> {
  await pool.query(
    `update projections.checkpoints set position = null, updated_at = now() where ${MINE}`,
    keyOf(lease),
  );
}

/** One builder at a time: without the lock one that read old rows could write them over another's newer ones. */
function locked({ pool, lease }: Building, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `select 1 from projections.checkpoints where ${MINE} for update`,
      keyOf(lease),
    );
    if (rowCount === 0) throw new LaneLost(lease.generation.name);
    await inSchema(client, lease.generation, () => work(client));
  });
}
