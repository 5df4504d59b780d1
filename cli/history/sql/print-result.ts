/** Runs a statement and prints what it finds: as a table for people, as CSV or JSON of any length for scripts. */
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { CommandFailed, EXIT, reasonOf } from '../../exit.ts';
import { printLine, printRows, remark, type TableRow } from '../../output.ts';
import { jsonOf, textOf } from './shown-value.ts';

export type Format = 'table' | 'csv' | 'json';

/** Rows of a table, and characters of a cell; who wants more takes CSV or JSON. */
const TABLE_LIMIT = 1_000;
const CELL_LIMIT = 80;

/** Throws `CommandFailed` with DuckDB's own sentence where the statement is wrong. */
export async function printResult(
  connection: DuckDBConnection,
  sql: string,
  { format, interrupted }: { readonly format: Format; readonly interrupted: AbortSignal },
): Promise<void> {
  const stop = () => connection.interrupt();
  interrupted.addEventListener('abort', stop);
  try {
    const result = await connection.stream(sql);
    await PRINT[format](result);
  } catch (error) {
    if (interrupted.aborted) return;
    throw asFailure(error);
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}

const PRINT = { table: printTable, csv: printCsv, json: printJson };

/** What DuckDB cannot do for want of memory or because of a file is no mistake of the statement. */
const NOT_WRONG = /^(Out of Memory|IO|Fatal|INTERNAL) Error/i;
const OF_DUCKDB = /^[A-Z][\w -]* (Error|Exception): /i;

/** Whatever else ends it, as stdout that nobody reads any more, is not the statement's. */
export function asFailure(error: unknown): unknown {
  const reason = reasonOf(error);
  if (!OF_DUCKDB.test(reason)) return error;
  return new CommandFailed(NOT_WRONG.test(reason) ? EXIT.refused : EXIT.usage, reason);
}

async function printTable(result: DuckDBResult): Promise<void> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes();
  const rows: TableRow[] = [];
  for await (const row of rowsOf(result)) {
    if (rows.length === TABLE_LIMIT) {
      remark(`Only the first ${TABLE_LIMIT} rows are shown; --csv and --json print them all.`);
      break;
    }
    const cells = types.map((type, at) => {
      const text = textOf(row[at] ?? null, type);
      return [names[at] ?? '', text === null ? null : visible(text)];
    });
    rows.push(Object.fromEntries(cells));
  }
  await printRows(rows, names, false);
}

async function printCsv(result: DuckDBResult): Promise<void> {
  const types = result.columnTypes();
  await printLine(csvLine(result.deduplicatedColumnNames()));
  for await (const chunk of result) {
    if (chunk.rowCount === 0) continue;
    const lines = chunk.getRows().map((row) => csvLine(types.map((type, at) => textOf(row[at] ?? null, type))));
    await printLine(lines.join('\n'));
  }
}

/** A line by RFC 4180; `printLine` adds the second half of its end. Nothing is an empty field, an empty text is quoted. */
function csvLine(fields: readonly (string | null)[]): string {
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
  return `${fields.map((field) => (field === null ? '' : /^$|[",\r\n]/.test(field) ? quoted(field) : field)).join(',')}\r`;
}

async function printJson(result: DuckDBResult): Promise<void> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes();
  let before = '[';
  for await (const chunk of result) {
    if (chunk.rowCount === 0) continue;
    const objects = chunk.getRows().map((row) => {
      const members = types.map((type, at) => `${JSON.stringify(names[at])}:${jsonOf(row[at] ?? null, type)}`);
      return `{${members.join(',')}}`;
    });
    await printLine(before + objects.join(',\n'));
    before = ',';
  }
  await printLine(before === '[' ? '[]' : ']');
}

/** Cut to what a terminal can show. Names of products come from anybody: what would steer it is shown instead. */
function visible(text: string): string {
  const shown = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const cut = text.length > CELL_LIMIT ? `${text.slice(0, CELL_LIMIT - 1)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return cut.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, shown);
}

async function* rowsOf(result: DuckDBResult): AsyncGenerator<readonly DuckDBValue[]> {
  for await (const chunk of result) yield* chunk.getRows();
}
