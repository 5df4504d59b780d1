/** Generations of read models: tables in a schema of their own, of which one set is read. */
import type pg from 'pg';
import type { LogIdentity } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';

/**
 * `building`: filled beside the live one; `live`: what is read; `previous`: was read before, is still fed, and can be
 * swapped back; `scratch`: filled to be compared, never read; `dropping`: whoever fills it lets go of it, then it goes.
 */
export type GenerationState = 'building' | 'live' | 'previous' | 'scratch' | 'dropping';

/** One generation of one read model. */
export type Generation = {
  readonly name: string;
  /** Counted from 1. */
  readonly generation: number;
  /** Of the read model's code that fills it. */
  readonly version: number;
  readonly state: GenerationState;
  /** Where its tables are. */
  readonly schema: string;
};

/** What a generation is made of, whoever fills it. */
export type GenerationModel = {
  readonly name: string;
  readonly version: number;
  /** Lanes that fill it, each with a checkpoint. */
  readonly lanes: number;
  /** Names of its tables, without a schema. */
  readonly tables: readonly string[];
  /** Makes them; names without a schema are in the generation's. */
  readonly create: readonly string[];
};

/** Within a transaction: until its end nobody else makes generations, or changes their states. */
export async function lockGenerations(client: pg.ClientBase): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtext('souk:projections:setup'))`);
}

/** All generations, those of a name together. */
export async function readGenerations(reader: Reader): Promise<readonly Generation[]> {
  const { rows } = await reader.query<Generation>(
    `select name, generation, version, state, schema_name as schema from projections.generations order by name, generation`,
  );
  return rows;
}

/**
 * Makes the next generation of a read model, empty: its schema, its tables, its checkpoints at the start of the log. In a
 * `schema` of the caller's choice, which may be there, its tables must not be.
 */
export async function createGeneration(
  client: pg.ClientBase,
  model: GenerationModel,
  {
    state,
    identity,
    schema,
  }: {
    readonly state: GenerationState;
    readonly identity: LogIdentity;
    readonly schema?: string;
  },
): Promise<Generation> {
  const { rows } = await client.query<{ next: number }>(
    'select coalesce(max(generation), 0) + 1 as next from projections.generations where name = $1',
    [model.name],
  );
  const generation = rows[0]?.next ?? 1;
  const made = {
    name: model.name,
    generation,
    version: model.version,
    state,
    schema: schema ?? schemaOf(model.name, generation),
  };
  // One that was left behind by a database that lost its list of generations.
  if (schema === undefined) await client.query(`drop schema if exists ${made.schema} cascade`);
  await client.query(`create schema if not exists ${made.schema}`);
  await inSchema(client, made, async () => {
    for (const statement of model.create) await client.query(statement);
  });
  await client.query(
    `insert into projections.generations (name, generation, version, state, schema_name, live_since)
     values ($1, $2, $3, $4, $5, case when $4 = 'live' then now() end)`,
    [made.name, generation, made.version, state, made.schema],
  );
  await client.query(
    `insert into projections.checkpoints (name, version, generation, lane, lanes, log_id, epoch)
     select $1, $2, $3, lane, $4, $5, $6 from generate_series(0, $4 - 1) as lane`,
    [made.name, made.version, generation, model.lanes, identity.logId, identity.epoch],
  );
  return made;
}

/** Lets readers see the tables of a generation, under the names they know; within the transaction that makes it live. */
export async function showGeneration(
  client: pg.ClientBase,
  { schema }: Generation,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables) {
    // Dropped, not replaced: another version may have other columns.
    await client.query(`drop view if exists projections.${table}`);
    await client.query(`create view projections.${table} as select * from ${schema}.${table}`);
  }
}

/** Drops a generation with its rows and checkpoints; the views on it, if it is live, with it. */
export async function dropGeneration(client: pg.ClientBase, { name, generation, schema }: Generation): Promise<void> {
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.query('delete from projections.checkpoints where name = $1 and generation = $2', [name, generation]);
  await client.query('delete from projections.generations where name = $1 and generation = $2', [name, generation]);
}

/** Within the transaction of the caller: names without a schema are those of the generation's tables. */
export async function inSchema<T>(
  client: Reader,
  { schema }: Pick<Generation, 'schema'>,
  work: () => Promise<T>,
): Promise<T> {
  // Public too: what extensions bring is there.
  await client.query(`set local search_path to ${schema}, public`);
  const result = await work();
  await client.query('set local search_path to default');
  return result;
}

function schemaOf(name: string, generation: number): string {
  return `gen_${name.replaceAll('-', '_')}_${generation}`;
}
