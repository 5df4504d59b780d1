/** Reads a statement with DuckDB's own parser before anything is run: only one, only a reading one, and what it names. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { CommandFailed, EXIT } from '../../exit.ts';

export type Statement = {
  readonly sql: string;
  /** Tables of the schema `live` that it names, in small letters. */
  readonly live: ReadonlySet<string>;
};

type Parsed =
  | { readonly error: true; readonly error_type: string; readonly error_message: string }
  | { readonly error: false; readonly statements: readonly unknown[] };

const ONLY_READING = 'souk sql runs one statement that reads: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE or SHOW.';

/** Throws `CommandFailed` (wrong usage) in DuckDB's words where it does not parse. */
export async function readStatement(connection: DuckDBConnection, sql: string): Promise<Statement> {
  // Only what reads can be serialized: whatever else a version of DuckDB learns to do is refused with it.
  const serialized = await connection.runAndReadAll('select json_serialize_sql($1::varchar)', [sql]);
  const parsed = JSON.parse(String(serialized.getRows()[0]?.[0])) as Parsed;
  if (parsed.error) {
    const why =
      parsed.error_type === 'parser' ? await whyNotParsed(connection, sql, parsed.error_message) : ONLY_READING;
    throw new CommandFailed(EXIT.usage, why);
  }
  const [statement, ...more] = parsed.statements;
  if (statement === undefined || more.length > 0) throw new CommandFailed(EXIT.usage, ONLY_READING);
  const live = new Set<string>();
  look(statement, live);
  return { sql, live };
}

/** DuckDB shows where in the statement it stopped only when it is to run it. */
async function whyNotParsed(connection: DuckDBConnection, sql: string, short: string): Promise<string> {
  const failed = await connection.prepare(sql).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return failed ?? `Parser Error: ${short}`;
}

/** Functions that stand for a table; the others read files, or change how DuckDB works. */
const TABLE_FUNCTIONS = ['unnest', 'range', 'generate_series', 'repeat', 'json_each', 'json_tree'];

type Node = {
  readonly type?: string;
  readonly schema_name?: string;
  readonly table_name?: string;
  readonly function?: { readonly function_name?: string };
};

/** Looks at the whole tree: joins, subqueries, common table expressions, DESCRIBE. */
function look(tree: unknown, live: Set<string>): void {
  if (typeof tree !== 'object' || tree === null) return;
  const { type, schema_name = '', table_name = '', function: called } = tree as Node;
  if (type === 'BASE_TABLE' && schema_name.toLowerCase() === 'live') live.add(table_name.toLowerCase());
  if (type === 'TABLE_FUNCTION' && !TABLE_FUNCTIONS.includes(called?.function_name?.toLowerCase() ?? '')) {
    const why = `${called?.function_name} cannot be selected from: souk sql reads its own tables and views`;
    throw new CommandFailed(EXIT.usage, `${why}, and ${TABLE_FUNCTIONS.join(', ')}. souk sql alone lists them.`);
  }
  for (const inner of Object.values(tree)) look(inner, live);
}
