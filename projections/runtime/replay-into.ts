/** A read model as it stood at some place of the log: its rows in a schema of one's own, for as long as one likes. */
import type pg from 'pg';
import type { LogIdentity, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { claimLanes, readCheckpoints } from './checkpoints.ts';
import { createGeneration, type Generation, lockGenerations, readGenerations } from './generations.ts';
import { freshLanes, type Lane } from './lanes.ts';
import { modelOf } from './models.ts';
import { fillScratch, type ScratchContext } from './scratch.ts';
import { inTransaction } from './transaction.ts';
import type { Projection } from './types.ts';

export type ReplayOptions = {
  /** Made where it is missing; more than one read model may go into it. */
  readonly schema: string;
  readonly upTo: Position | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((at: Position) => void) | undefined;
};

/** It cannot go there; the message says why, and what to do. */
export class ReplayRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ReplayRefused';
  }
}

/**
 * Fills the table and returns how many rows it has; undefined: the signal aborted, and the same call again goes on where
 * it stopped. Nobody keeps the rows afterwards. Throws `ReplayRefused`.
 */
export async function replayInto(
  context: ScratchContext,
  projection: Projection,
  { schema, upTo, signal, onProgress }: ReplayOptions,
): Promise<number | undefined> {
  await assertFree(context.pool, schema);
  const generation = await openReplay(context, projection, schema);
  const lanes = freshLanes(projection, generation);
  await claimLanes(context.pool, lanes, context.owner);
  assertNotPast(lanes, { upTo, schema });
  await fillScratch(context, lanes, { upTo: () => upTo, signal, onProgress });
  if (signal?.aborted) return undefined;
  return inTransaction(context.pool, async (client) => {
    const { rows } = await client.query<{ count: number }>(`select count(*) from ${schema}.${projection.table}`);
    await forget(client, generation);
    return rows[0]?.count ?? 0;
  });
}

/** Goes on with one that was interrupted. */
async function openReplay({ pool, log }: ScratchContext, projection: Projection, schema: string): Promise<Generation> {
  const identity = await log.identity();
  return inTransaction(pool, async (client) => {
    await lockGenerations(client);
    const begun = (await readGenerations(client)).find(
      (generation) => generation.name === projection.name && generation.schema === schema,
    );
    const table = `${schema}.${projection.table}`;
    const { rowCount } = await client.query('select 1 where to_regclass($1) is not null', [table]);
    if (begun && rowCount !== 0) return assertSame(client, begun, { projection, identity });
    // It was dropped, as people are told to do where they want something else.
    if (begun) await forget(client, begun);
    else if (rowCount !== 0)
      throw new ReplayRefused(`${table} is there already: take another schema, or drop it (drop table ${table})`);
    return createGeneration(client, modelOf(projection), { state: 'scratch', identity, schema });
  });
}

async function assertSame(
  client: pg.ClientBase,
  begun: Generation,
  { projection, identity }: { readonly projection: Projection; readonly identity: LogIdentity },
): Promise<Generation> {
  const rows = (await readCheckpoints(client)).filter(
    ({ name, generation }) => name === begun.name && generation === begun.generation,
  );
  const same = rows.every(({ log_id, epoch }) => log_id === identity.logId && epoch === identity.epoch);
  if (same && begun.version === projection.version) return begun;
  throw new ReplayRefused(
    `what was begun in ${begun.schema} is of another version, or of another log: drop it (drop schema ${begun.schema} cascade) or take another schema`,
  );
}

function assertNotPast(lanes: readonly Lane[], { upTo, schema }: Pick<ReplayOptions, 'upTo' | 'schema'>): void {
  if (lanes.every(({ stored }) => stored === null || (upTo !== null && stored <= upTo))) return;
  throw new ReplayRefused(
    `what was begun in ${schema} has come past that time: drop it (drop schema ${schema} cascade) or take another schema`,
  );
}

/** From now on it is the caller's alone. */
async function forget(client: pg.ClientBase, { name, generation }: Generation): Promise<void> {
  await client.query('delete from projections.checkpoints where name = $1 and generation = $2', [name, generation]);
  await client.query('delete from projections.generations where name = $1 and generation = $2', [name, generation]);
}

const NAME = /^[a-z_][a-z0-9_]{0,40}$/;
const OURS = /^(pg_.*|gen_.*|information_schema|public|log|keys|projections|processes|commands|http|sandbox)$/;

async function assertFree(reader: Reader, schema: string): Promise<void> {
  if (OURS.test(schema)) throw new ReplayRefused(`the schema ${schema} is the shop's own: take another name`);
  const { rows } = await reader.query<{ quoted: string }>('select quote_ident($1) as quoted', [schema]);
  if (NAME.test(schema) && rows[0]?.quoted === schema) return;
  throw new ReplayRefused(
    `${schema} is no name for a schema here: take lower case letters, digits and underscores, at most 41, and no word of SQL`,
  );
}
