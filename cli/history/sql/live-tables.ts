/** The live read models as tables of DuckDB: their rows as they are now, copied when a query names them. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { allProjections } from '../../../projections/all.ts';
import { PERSONAL_COLUMNS } from '../../../projections/personal.ts';
import type { Reader } from '../../../projections/read.ts';
import type { Projection } from '../../../projections/runtime/types.ts';

/** Rows of one statement: the log may lie in the same Postgres, and a long one would hold up its cleaning. */
const PAGE = 5_000;

/** The type in DuckDB of a column's type in Postgres; what is not named is shown as text. */
const TYPES: Readonly<Record<string, string>> = {
  bigint: 'BIGINT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  jsonb: 'JSON',
  json: 'JSON',
  date: 'DATE',
  timestamptz: 'TIMESTAMPTZ',
  real: 'DOUBLE',
  'double precision': 'DOUBLE',
  'text[]': 'VARCHAR[]',
  'bigint[]': 'BIGINT[]',
};

export type LiveTable = {
  readonly name: string;
  readonly columns: readonly LiveColumn[];
  readonly projection: Projection;
};

export type LiveColumn = {
  /** In camelCase, as in everything the command prints. */
  readonly name: string;
  /** In DuckDB. */
  readonly type: string;
  /** In Postgres. */
  readonly from: string;
};

/** Every read model that is kept as rows; with its personal columns only where they are asked for. */
export function liveTables({ personal }: { readonly personal: boolean }): readonly LiveTable[] {
  return allProjections.map((projection) => {
    const left = personal ? [] : (PERSONAL_COLUMNS[projection.table] ?? []);
    const columns = Object.entries(projection.columns).filter(([name]) => !left.includes(name));
    return { name: projection.table, projection, columns: columns.map(([from, type]) => columnOf(from, type)) };
  });
}

function columnOf(from: string, type: string): LiveColumn {
  const name = from.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  // Rows keep times as text, which sorts; here they are to be reckoned with.
  const inDuckDb = type === 'text' && from.endsWith('_at') ? 'TIMESTAMPTZ' : (TYPES[type] ?? 'VARCHAR');
  return { name, type: inDuckDb, from };
}

/** Copies rows as they are now, page by page in the order of their keys. Stops where the signal says so. */
export async function copyLive(
  reader: Reader,
  connection: DuckDBConnection,
  { table, signal }: { readonly table: LiveTable; readonly signal: AbortSignal },
): Promise<void> {
  const { name, columns } = table;
  await connection.run(`create table live."${name}" (${columns.map((it) => `"${it.name}" ${it.type}`).join(', ')})`);
  // JSON text from one engine to the other: whole numbers keep all their digits on the way.
  const shape = JSON.stringify([Object.fromEntries(columns.map((it) => [it.name, it.type]))]);
  const read = pageStatement(table);
  for (let after = ''; !signal.aborted; ) {
    const { rows } = await reader.query<{ page: string; last: string | null }>(read, [after, PAGE]);
    const [{ page, last } = { page: '[]', last: null }] = rows;
    if (last === null) return;
    await connection.run(`insert into live."${name}" select unnest(from_json($1::json, '${shape}'), max_depth := 2)`, [
      page,
    ]);
    after = last;
  }
}

function pageStatement({ columns, projection }: LiveTable): string {
  const { keyColumn: key, table } = projection;
  const shown = columns.map(({ name, from }) => `${from} as "${name}"`).join(', ');
  return `with page as (select * from projections.${table} where ${key} > $1 order by ${key} limit $2)
    select (select coalesce(json_agg(shown), '[]')::text from (select ${shown} from page order by ${key}) shown) as page,
      (select max(${key}) from page) as last`;
}
