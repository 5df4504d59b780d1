/** Generations of read models: tables in a schema of their own, of which one set is read. */
import type pg from 'pg';
import type { LogIdentity } from '../../event-store/port.ts';
import { errorCode } from '../../platform/process/error-code.ts';
import type { Reader } from '../read.ts';

/**
 * `building`: filled beside the live one; `live`: what is read; `previous`: was read before, is still fed, and can be
 * swapped back; `scratch`: filled to be compared, never read; `dropping`: whoever fills it lets go of it, then it goes.
 */
export type GenerationState = 'building' | 'live' | 'previous' | 'scratch' | 'dropping';

/** One generation of one read model. */
export type Generation = {
  readonly name: string;
  /** Counted from 1; that of one that was dropped is not used again. */
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
  /** Makes what only readers need, once it is filled; may be run again. */
  readonly indexes?: readonly string[];
  /**
   * What it is made of is in another engine, which makes it anew beside what is read by itself: a new generation is live
   * from the start, and there is no previous one.
   */
  readonly inPlace?: boolean;
};

/** Within a transaction: until its end nobody else makes generations, or changes their states. */
export async function lockGenerations(client: pg.ClientBase): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtext('souk:projections:setup'))`);
}

/** Within a transaction: who waits for a lock in vain holds up all who ask for it after him, so it is not waited for long. */
export const SHORT_LOCKS = `set local lock_timeout = '200ms'`;

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
    `insert into projections.numbers as n (name, last) values ($1, 1)
     on conflict (name) do update set last = n.last + 1 returning last as next`,
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
  // What is filled first, to be read or compared later, is filled without.
  if (state === 'live' || schema !== undefined) await makeIndexes(client, made, model);
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

/** A person's own view uses a column as it was; the message says which view, and what to do. */
class ViewInTheWay extends Error {
  constructor(table: string, column: string, detail: string) {
    super(
      `projections.${table} is to have another type of ${column}, but ${detail}: drop that view, and make it again`,
    );
    this.name = 'ViewInTheWay';
  }
}

/**
 * Lets readers see the tables of a generation, under the names they know; within the transaction that makes it live. What
 * only tables of other generations have, or had, is shown as null: code of their version may be reading already, or
 * still, and views and grants that people made stay as they are. Throws `ViewInTheWay`.
 */
export async function showGeneration(
  client: pg.ClientBase,
  { name, schema }: Pick<Generation, 'name' | 'schema'>,
  tables: readonly string[],
): Promise<void> {
  const { rows: all } = await client.query<{ schema: string }>(
    `select schema_name as schema from projections.generations
     where name = $1 and state in ('building', 'live', 'previous') order by generation desc`,
    [name],
  );
  for (const table of tables) {
    const own = new Map((await columnsOf(client, schema, table)).map(({ column, type }) => [column, type]));
    const shown = await columnsOf(client, 'projections', table);
    // In the order in which they are shown already: only then can the view be replaced.
    const columns = new Map([...shown.map(({ column, type }) => [column, type] as const), ...own]);
    for (const other of all) {
      for (const { column, type } of await columnsOf(client, other.schema, table)) {
        if (!columns.has(column)) columns.set(column, type);
      }
    }
    const changed = shown.find(({ column, type }) => columns.get(column) !== type);
    if (changed) await dropView(client, table, changed.column);
    const select = [...columns].map(([column, type]) => (own.has(column) ? column : `null::${type} as ${column}`));
    await client.query(
      `create or replace view projections.${table} as select ${select.join(', ')} from ${schema}.${table}`,
    );
  }
}

async function dropView(client: pg.ClientBase, table: string, column: string): Promise<void> {
  try {
    await client.query(`drop view projections.${table}`);
  } catch (error) {
    if (errorCode(error) !== DEPENDENT_OBJECTS) throw error;
    throw new ViewInTheWay(table, column, String((error as pg.DatabaseError).detail));
  }
}

/** SQLSTATE of what something else is made of. */
const DEPENDENT_OBJECTS = '2BP01';

type Column = { readonly column: string; readonly type: string };

async function columnsOf(client: Reader, schema: string, table: string): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `select a.attname::text as column, format_type(a.atttypid, a.atttypmod)
       || case when a.attcollation <> t.typcollation then ' collate "C"' else '' end as type
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [`${schema}.${table}`],
  );
  return rows;
}

/** Whatever of them is not there yet; within a transaction. Who writes to the tables waits meanwhile. */
export async function makeIndexes(
  client: pg.ClientBase,
  generation: Pick<Generation, 'schema'>,
  { indexes = [] }: Pick<GenerationModel, 'indexes'>,
): Promise<void> {
  if (indexes.length === 0) return;
  await inSchema(client, generation, async () => {
    for (const statement of indexes) await client.query(statement);
  });
}

/** The next generation is what is read from now on, empty as it is; those that were there are dropped, but what is only compared. */
export async function startOver(
  client: pg.ClientBase,
  model: GenerationModel,
  { there, identity }: { readonly there: readonly Generation[]; readonly identity: LogIdentity },
): Promise<Generation> {
  const next = await createGeneration(client, model, { state: 'building', identity });
  await makeIndexes(client, next, model);
  await client.query(
    `update projections.generations set state = 'dropping' where name = $1 and generation <> $2 and state <> 'scratch'`,
    [next.name, next.generation],
  );
  await client.query(
    `update projections.generations set state = 'live', live_since = now() where name = $1 and generation = $2`,
    [next.name, next.generation],
  );
  const live: Generation = { ...next, state: 'live' };
  await showGeneration(client, live, model.tables);
  // Not before the views show other tables: what people made on them would go too.
  for (const each of there) {
    if (each.name === model.name && each.state !== 'scratch') await dropGeneration(client, each);
  }
  return live;
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

/** Whether it is in a schema of its own, and not in one that a person chose. */
export function isInOwnSchema({ name, generation, schema }: Generation): boolean {
  return schema === schemaOf(name, generation);
}

function schemaOf(name: string, generation: number): string {
  return `gen_${name.replaceAll('-', '_')}_${generation}`;
}
