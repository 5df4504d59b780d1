/** What of a derived model cannot be built is parked by its key; the others go on. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import { isEngineAway } from '../../platform/http/faults.ts';
import { newId } from '../../platform/ids.ts';
import { errorCode } from '../../platform/process/error-code.ts';
import { isRefused } from './apply.ts';
import { readWishes, storable } from './parking.ts';
import type { DerivedModel } from './types.ts';

/** How often a single piece of work is tried before it is parked. */
const ATTEMPTS = 3;
const BACKOFF_MS = 50;

export type DerivedPart = {
  readonly model: DerivedModel;
  readonly generation: number;
  /** Where the sources are. */
  readonly upTo: Position;
  /** Whether anything of it is parked. */
  holds: boolean;
  /** Works in one transaction that nobody else builds beside, on the tables of the generation. */
  readonly locked: (work: (client: pg.PoolClient) => Promise<void>) => Promise<void>;
  readonly onParked: (key: string, error: Error) => void;
};

/** Builds it; where that fails, halves of it, down to what is to blame. */
export async function buildOrPark(part: DerivedPart, work: readonly unknown[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await part.locked(async (client) => {
        await part.model.build(client, work);
        if (part.holds) await forget(part, client, work.map(part.model.keyOf));
      });
    } catch (error) {
      if (!isOfWork(error)) throw error;
      const [one] = work;
      if (work.length > 1) {
        const middle = Math.floor(work.length / 2);
        await buildOrPark(part, work.slice(0, middle));
        return buildOrPark(part, work.slice(middle));
      }
      if (attempt === ATTEMPTS) return park(part, part.model.keyOf(one), error);
    }
    await delay(BACKOFF_MS * attempt);
  }
}

/** Carries out what is wished for what is parked; `all`: and tries the rest once more. */
export async function retryParked(part: DerivedPart, pool: pg.Pool, all: boolean): Promise<void> {
  const { model, generation } = part;
  const parked = await readWishes(pool, { name: model.name, generation });
  for (const { id, key, wish } of parked) {
    if (wish === 'skip') await part.locked((client) => skip(part, client, id));
    else if (wish === 'retry' || all) await buildOrPark(part, [model.anew(key)]);
  }
}

async function park(part: DerivedPart, key: string, error: Error): Promise<void> {
  const { model, generation, upTo, locked, onParked } = part;
  const what = [model.name, generation, key, storable(error.message, 2_000), storable(error.stack ?? '', 8_000)];
  let isNew = false;
  await locked(async (client) => {
    const { rowCount } = await client.query(
      `update projections.parked set error = $4, stack = $5, attempts = attempts + 1, wish = null
       where name = $1 and generation = $2 and key = $3`,
      what,
    );
    isNew = rowCount === 0;
    if (isNew)
      await client.query(
        `insert into projections.parked (name, generation, key, error, stack, id, lane, position, attempts)
         values ($1, $2, $3, $4, $5, $6, 0, $7, $8)`,
        [...what, newId(), upTo, ATTEMPTS],
      );
    await count(client, model.name, generation);
  });
  part.holds = true;
  if (isNew) onParked(key, error);
}

/** What was built is parked no more. */
async function forget({ model, generation }: DerivedPart, client: pg.PoolClient, keys: readonly string[]) {
  const { rowCount } = await client.query(
    'delete from projections.parked where name = $1 and generation = $2 and key = any($3)',
    [model.name, generation, keys],
  );
  if (rowCount) await count(client, model.name, generation);
}

async function skip({ model, generation }: DerivedPart, client: pg.PoolClient, id: string): Promise<void> {
  await client.query(
    `with gone as (delete from projections.parked where id = $1 returning *)
     insert into projections.skipped (name, key, position, error, reason, skipped_by)
     select name, key, position, error, coalesce(wish_reason, ''), coalesce(wish_by, '') from gone
     on conflict do nothing`,
    [id],
  );
  await count(client, model.name, generation);
}

async function count(client: pg.PoolClient, name: string, generation: number): Promise<void> {
  await client.query(
    `update projections.checkpoints set parked = (
       select count(*) from projections.parked where name = $1 and generation = $2
     ) where name = $1 and generation = $2`,
    [name, generation],
  );
}

/** Whether an error speaks of what is built, and not of an engine or a table that may be back in a moment. */
function isOfWork(error: unknown): error is Error {
  return isRefused(error) || (error instanceof Error && errorCode(error) === undefined && !isEngineAway(error));
}
