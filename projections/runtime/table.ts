/** The SQL of a projection's table: made once per projection, set-based throughout. */
import type { Projection } from './types.ts';

const STAMP = { revision: 'integer', position: 'text' };

/** The full name of the table in a generation's schema. */
export function tableOf(projection: Projection, schema: string): string {
  return `${schema}.${projection.table}`;
}

/** In the schema of the caller's choice. Text is compared as bytes: keys, positions and times sort the same everywhere. */
export function createTable(projection: Projection): string {
  const { table } = projection;
  const columns = Object.entries(projection.columns).map(([name, type]) => {
    const collate = type === 'text' || type === 'text[]' ? ' collate "C"' : '';
    return `${name} ${type}${collate}`;
  });
  // Room on every page: rows that change often are then updated in place, without new index entries.
  return `create table ${table} (${columns.join(', ')}, revision integer not null, position text collate "C" not null,
      primary key (${projection.keyColumn})) with (fillfactor = 80)`;
}

/** What readers want on top of the key; may be run again. */
export function createIndexes({ table, indexes = [] }: Projection): readonly string[] {
  return indexes.map((on, n) => `create index if not exists ${table}_${n + 1} on ${table} ${on}`);
}

/** Every column with its type: the projection's, and what the runtime adds. */
export function columnsOf(projection: Projection): Readonly<Record<string, string>> {
  return { ...projection.columns, ...STAMP };
}

/** Rows of the keys $1. */
export function loadStatement(projection: Projection, schema: string): string {
  return `select * from ${tableOf(projection, schema)} where ${projection.keyColumn} = any($1)`;
}

/**
 * Moves a lane's checkpoint from $4 to $5 and writes its rows, or does nothing at all: one statement, one transaction,
 * one round trip. Without the compare-and-set two processes that follow the log would apply the same events twice.
 * Parameters: name, lane, version, old, new, event id, owner, events per second, keys gone, rows (JSON), epoch, generation.
 * `more`: what else is set and done in it, only together with the checkpoint.
 */
export function applyStatement(
  projection: Projection,
  schema: string,
  more: { readonly set: string; readonly parts: string } = { set: '', parts: '' },
): string {
  const columns = columnsOf(projection);
  const names = Object.keys(columns);
  const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  const updates = names.filter((name) => name !== projection.keyColumn).map((name) => `${name} = excluded.${name}`);
  const table = tableOf(projection, schema);
  return `with moved as (
      update projections.checkpoints set position = $5, event_id = coalesce($6, event_id), owner = $7,
        events_per_second = $8, error = null, error_position = null, updated_at = now(), last_progress_at = now()${more.set}
      where name = $1 and generation = $12 and lane = $2 and version = $3 and owner_epoch = $11
        and position is not distinct from $4
      returning 1
    ), gone as (
      delete from ${table} where ${projection.keyColumn} = any($9::text[]) and exists (select from moved)
    ), put as (
      insert into ${table} (${names.join(', ')})
      select ${names.join(', ')} from json_to_recordset($10::json) as r (${definitions.join(', ')})
      where exists (select from moved)
      on conflict (${projection.keyColumn}) do update set ${updates.join(', ')}
    )${more.parts}
    select count(*)::int as moved from moved`;
}
