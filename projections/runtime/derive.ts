/** Keeps derived models up to date: builds again what changed in their sources, then moves their checkpoint. */
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import { type CheckpointRow, readCheckpoints } from './checkpoints.ts';
import { inSchema, readGenerations } from './generations.ts';
import { earliest } from './lanes.ts';
import { inTransaction } from './transaction.ts';
import type { DerivedModel, OutsideModel } from './types.ts';

/** Built in one transaction: short enough that readers of the same database never wait for it. */
const CHUNK = 500;

type AnyDerived = Pick<DerivedModel, 'name' | 'version' | 'sources'>;

/** The generation that is read, of the name $1. */
const LIVE = `(select generation from projections.generations where name = $1 and state = 'live')`;

/** Brings one model to where its slowest source is. Returns that place. */
export async function refreshModel(pool: pg.Pool, model: DerivedModel, owner: string): Promise<Position | null> {
  const { at, upTo } = await placesOf(pool, model);
  if (upTo === null || (at !== null && at >= upTo)) return at;
  // Read after the checkpoints: every row they speak of can be seen. Newer rows are built too, and once more next time.
  const work = await model.changed(pool, at);
  for (let from = 0; from < work.length; from += CHUNK) {
    await locked(pool, model, (client) => model.build(client, work.slice(from, from + CHUNK)));
  }
  await moveTo(pool, model, { upTo, owner, error: null });
  return upTo;
}

/**
 * The same for a model in another engine. What was sent there is gone when it is not live any more: then everything is
 * built anew, beside what may still be read. `again`: what changed after it is sent, also where it was before. `filled`:
 * the place this process keeps; another that is live was filled by one that was replaced meanwhile. Returns the place.
 */
export async function refreshOutside(
  pool: pg.Pool,
  model: OutsideModel,
  {
    owner,
    again,
    filled,
  }: { readonly owner: string; readonly again: Position | undefined; readonly filled: string | undefined },
): Promise<string | undefined> {
  const { outside } = model;
  const live = await outside.live();
  const { at, upTo } = await placesOf(pool, model);
  await outside.tidy();
  if (upTo === null) return undefined;
  const anew = live === undefined || at === null || (filled !== undefined && live !== filled);
  const after = anew ? null : again !== undefined && again < at ? again : at;
  if (after !== null && after >= upTo) return live;
  // Readers that wait must not take what was there for what is.
  if (anew && at !== null) await startAnew(pool, model);
  const place = anew ? await outside.open() : live;
  const work = await model.changed(pool, after);
  for (let from = 0; from < work.length; from += CHUNK) {
    await outside.send(pool, work.slice(from, from + CHUNK), place);
  }
  if (anew) await outside.publish(place);
  await moveTo(pool, model, { upTo, owner, error: await outside.missing(pool) });
  return place;
}

/** Where a model stands; null before the first. */
export async function placeOf(pool: pg.Pool, model: AnyDerived): Promise<Position | null> {
  return (await placesOf(pool, model)).at;
}

/** Writes down for status why a model does not get on; null: it does. */
export async function noteProblem(pool: pg.Pool, model: AnyDerived, error: string | null): Promise<void> {
  await pool.query(
    `update projections.checkpoints set error = $3, updated_at = now()
     where name = $1 and generation = ${LIVE} and version = $2`,
    [model.name, model.version, error],
  );
}

async function placesOf(pool: pg.Pool, model: AnyDerived) {
  const rows = (await readCheckpoints(pool)).filter(({ state }) => state === 'live');
  const at = mine(rows, model)?.position ?? null;
  const upTo = earliest(rows.filter((row) => model.sources.includes(row.name)).map((row) => row.position));
  return { at, upTo };
}

function mine(rows: readonly CheckpointRow[], model: AnyDerived): CheckpointRow | undefined {
  return rows.find((row) => row.name === model.name);
}

async function moveTo(
  pool: pg.Pool,
  model: AnyDerived,
  to: { readonly upTo: Position; readonly owner: string; readonly error: string | null },
): Promise<void> {
  await pool.query(
    `update projections.checkpoints set position = $3, owner = $4, error = $5, updated_at = now(),
       last_progress_at = now()
     where name = $1 and generation = ${LIVE} and version = $2 and (position is null or position <= $3)`,
    [model.name, model.version, to.upTo, to.owner, to.error],
  );
}

async function startAnew(pool: pg.Pool, model: AnyDerived): Promise<void> {
  await pool.query(
    `update projections.checkpoints set position = null, updated_at = now()
     where name = $1 and generation = ${LIVE} and version = $2`,
    [model.name, model.version],
  );
}

/** One builder at a time: without the lock one that read old rows could write them over another's newer ones. */
function locked(pool: pg.Pool, model: AnyDerived, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query(`select 1 from projections.checkpoints where name = $1 and generation = ${LIVE} for update`, [
      model.name,
    ]);
    const live = (await readGenerations(client)).find(({ name, state }) => name === model.name && state === 'live');
    if (!live) throw new Error(`there is no live generation of ${model.name}`);
    await inSchema(client, live, () => work(client));
  });
}
