/** What is done once for all processes: generations that are level are swapped in, those nobody wants are dropped. */
import type pg from 'pg';
import type { EventStore } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { errorCode, errorMessage } from '../../platform/process/error-code.ts';
import {
  dropGeneration,
  type Generation,
  isInOwnSchema,
  lockGenerations,
  makeIndexes,
  readGenerations,
  SHORT_LOCKS,
} from './generations.ts';
import { earliest } from './lanes.ts';
import { type LeaseRow, LIVES, placeOf } from './leases.ts';
import { type Models, modelsOf } from './models.ts';
import { isNear } from './near.ts';
import { newlyParked } from './parking.ts';
import { nobodyVerifies } from './scratch.ts';
import { swapIn } from './swap.ts';
import { inTransaction, LOCK_TIMEOUT } from './transaction.ts';

export type CoordinateContext = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly models: Models;
  readonly logger: Logger;
  readonly keeper: string;
};

/** What was seen of all checkpoints, and which of them this process follows and has seen the end of the log for. */
export type Seen = { readonly rows: readonly LeaseRow[]; readonly isLevel: (row: LeaseRow) => boolean };

/** Does what is due. True where something was changed. */
export type Coordinate = (seen: Seen) => Promise<boolean>;

/** After a swap that failed nothing is held up again for so long, in milliseconds; doubled each time. */
const RETRY_MS = { first: 500, most: 30_000 };

type Retry = { readonly at: number; readonly afterMs: number };

export function createCoordinator(context: CoordinateContext): Coordinate {
  const retries = new Map<string, Retry>();

  /** One that does not come level, or fails, is left alone for a while. */
  function putOff(due: readonly LeaseRow[]): void {
    for (const row of due) {
      const afterMs = Math.min(2 * (retries.get(placeOf(row))?.afterMs ?? RETRY_MS.first / 2), RETRY_MS.most);
      retries.set(placeOf(row), { at: performance.now() + afterMs, afterMs });
    }
  }

  /** False where it failed: what is read goes on as it is, and so does all else that is due. */
  async function attempt(due: readonly LeaseRow[], work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      const projections = due.map(({ name }) => name);
      context.logger.error({ err: error, projections }, 'a generation could not be swapped in; trying again');
      putOff(due);
      // Of several it is not known whose fault it is; they are tried one by one next.
      const [only, ...others] = due;
      if (only && others.length === 0) await noteWhy(context, only, `not swapped in: ${errorMessage(error)}`);
      return false;
    }
  }

  async function swap(due: readonly LeaseRow[]): Promise<boolean> {
    if (!(await swapIn(context, due))) {
      putOff(due);
      return false;
    }
    for (const row of due) {
      const { name, generation, version } = row;
      retries.delete(placeOf(row));
      context.logger.info({ projection: name, generation, version }, 'a generation of a projection was swapped in');
    }
    return true;
  }

  return async (seen) => {
    let changed = false;
    const ready: LeaseRow[] = [];
    for (const row of seen.rows) {
      // Whoever fills its first lane sees to it.
      if (row.lane !== 0 || !isWanted(row) || !seen.isLevel(row)) continue;
      if ((retries.get(placeOf(row))?.at ?? 0) > performance.now()) continue;
      if (await attempt([row], () => isDue(context, row, seen.rows))) ready.push(row);
    }
    const due = onePerName(ready);
    // Together they hold readers up once. One that does not come level must not keep the others from it.
    const first = due.filter((row) => !retries.has(placeOf(row)));
    const batches = [
      ...(first.length > 0 ? [first] : []),
      ...due.filter((row) => !first.includes(row)).map((row) => [row]),
    ];
    for (const batch of batches) changed = (await attempt(batch, () => swap(batch))) || changed;
    if (seen.rows.some(isUnwanted)) changed = (await dropUnwanted(context)) || changed;
    return changed;
  };
}

/** Only one can be read: what was built last, where somebody wants to go back at the same time. */
function onePerName(rows: readonly LeaseRow[]): readonly LeaseRow[] {
  return rows.filter(({ name, generation }) => rows.every((row) => row.name !== name || row.generation <= generation));
}

async function isDue(context: CoordinateContext, row: LeaseRow, rows: readonly LeaseRow[]): Promise<boolean> {
  if (waitsForSources(context.models, row, rows)) return false;
  const lanes = rows.filter(({ name, generation }) => name === row.name && generation === row.generation);
  const more = lanes.some(({ parked }) => parked > 0) ? await newlyParked(context.pool, row) : 0;
  if (more > 0) {
    const note = `not swapped in: for ${more} keys something is parked in it that is in the live one (souk parked)`;
    await noteWhy(context, row, note);
    return false;
  }
  await noteWhy(context, row, null);
  if (!(await isNear(context.log, earliest(lanes.map(({ position }) => position))))) return false;
  const model = modelsOf(context.models).find(({ name }) => name === row.name);
  if (model) await inTransaction(context.pool, (client) => makeIndexes(client, row, model));
  return true;
}

/** For status. */
async function noteWhy({ pool }: CoordinateContext, row: LeaseRow, note: string | null): Promise<void> {
  if (row.note === note) return;
  await pool.query('update projections.generations set note = $3 where name = $1 and generation = $2', [
    row.name,
    row.generation,
    note,
  ]);
}

function isWanted({ state, wish }: LeaseRow): boolean {
  return state === 'building' || (state === 'previous' && wish === 'live');
}

/** What is built from rows comes after those, where another version of them is on its way. */
function waitsForSources(models: Models, row: LeaseRow, rows: readonly LeaseRow[]): boolean {
  const sources = models.derived.find(({ name }) => name === row.name)?.sources ?? [];
  const versionOf = (name: string) => models.projections.find((projection) => projection.name === name)?.version;
  return rows.some(
    ({ name, state, version }) => sources.includes(name) && state === 'live' && version !== versionOf(name),
  );
}

/** Or would be, if nobody filled it: it is to be dropped, or what a verification left behind that was killed. */
function isUnwanted(each: Generation): boolean {
  return each.state === 'dropping' || (each.state === 'scratch' && isInOwnSchema(each));
}

/** Drops what nobody fills any more; true where it was something. */
async function dropUnwanted({ pool, models, logger }: CoordinateContext): Promise<boolean> {
  const known = new Set(modelsOf(models).map(({ name }) => name));
  try {
    return await inTransaction(pool, async (client) => {
      await lockGenerations(client);
      await client.query(SHORT_LOCKS);
      const { rows: held } = await client.query<{ name: string; generation: number }>(
        `select distinct name, generation from projections.checkpoints c
         join projections.keepers k using (keeper) where ${LIVES}`,
      );
      const isHeld = (each: Generation) =>
        held.some(({ name, generation }) => name === each.name && generation === each.generation);
      const all = (await readGenerations(client)).filter((each) => isUnwanted(each) && known.has(each.name));
      const isVerified = all.some(({ state }) => state === 'scratch') && !(await nobodyVerifies(client));
      const unwanted = all.filter((each) => (each.state === 'scratch' ? !isVerified : !isHeld(each)));
      for (const each of unwanted) {
        await dropGeneration(client, each);
        logger.info({ projection: each.name, generation: each.generation }, 'a generation of a projection was dropped');
      }
      return unwanted.length > 0;
    });
  } catch (error) {
    if (errorCode(error) === LOCK_TIMEOUT) return false;
    throw error;
  }
}
