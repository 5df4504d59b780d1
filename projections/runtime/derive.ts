/** Keeps derived models up to date: builds again what changed in their sources, then moves their checkpoint. */
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import { type CheckpointRow, GENERATION, readCheckpoints } from './checkpoints.ts';
import { earliest } from './lanes.ts';
import { inTransaction } from './transaction.ts';
import type { DerivedModel } from './types.ts';

/** Built in one transaction: short enough that readers of the same database never wait for it. */
const CHUNK = 500;

/** Brings one model to where its slowest source is. Returns that place. */
export async function refreshModel(pool: pg.Pool, model: DerivedModel, owner: string): Promise<Position | null> {
  const before = await readCheckpoints(pool);
  const at = mine(before, model)?.position ?? null;
  const upTo = earliest(before.filter((row) => model.sources.includes(row.name)).map((row) => row.position));
  if (upTo === null || (at !== null && at >= upTo)) return at;
  // Read after the checkpoints: every row they speak of can be seen. Newer rows are built too, and once more next time.
  const work = await model.changed(pool, at);
  for (let from = 0; from < work.length; from += CHUNK) {
    await locked(pool, model, (client) => model.build(client, work.slice(from, from + CHUNK)));
  }
  await pool.query(
    `update projections.checkpoints set position = $3, owner = $4, updated_at = now(), last_progress_at = now()
     where name = $1 and generation = ${GENERATION} and version = $2 and (position is null or position < $3)`,
    [model.name, model.version, upTo, owner],
  );
  return upTo;
}

function mine(rows: readonly CheckpointRow[], model: DerivedModel): CheckpointRow | undefined {
  return rows.find((row) => row.name === model.name);
}

/** One builder at a time: without the lock one that read old rows could write them over another's newer ones. */
function locked(pool: pg.Pool, model: DerivedModel, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query(
      `select 1 from projections.checkpoints where name = $1 and generation = ${GENERATION} for update`,
      [model.name],
    );
    await work(client);
  });
}
