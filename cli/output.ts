/** What verbs print: results to stdout, as a table for people or as JSON for scripts; remarks to stderr. */
import Table from 'cli-table3';

export type Cell = string | number | boolean | null | undefined;
/** Column name in camelCase, the same in JSON and as the table's heading. */
export type TableRow = Readonly<Record<string, Cell>>;

/**
 * Writes a line to stdout and waits until it is handed over, so that memory stays flat. Throws where nobody reads any
 * more (`isClosedPipe`), so that a verb ends and closes what it opened.
 */
export function printLine(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whether an error says that who read our output has gone, as `head` does. */
export function isClosedPipe(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes((error as { code?: string }).code ?? '');
}

/** A remark or a warning. */
export function remark(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints rows as one JSON array, or as a table; either has the given columns. */
export async function printRows(rows: readonly TableRow[], columns: readonly string[], json: boolean): Promise<void> {
  if (json) return printLine(JSON.stringify(rows.map((row) => pick(row, columns))));
  return printLine(tableOf(rows, columns));
}

/** Prints one object as JSON, or as a table of its members. */
export async function printObject(object: TableRow | Readonly<Record<string, unknown>>, json: boolean): Promise<void> {
  if (json) return printLine(JSON.stringify(object));
  const table = new Table({ style: { head: [], border: [], compact: true } });
  for (const [name, value] of Object.entries(object)) table.push({ [name]: cellOf(value) });
  return printLine(table.toString());
}

/** The rows as a table for a terminal. */
export function tableOf(rows: readonly TableRow[], columns: readonly string[]): string {
  const table = new Table({ head: [...columns], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(columns.map((column) => cellOf(row[column])));
  return table.toString();
}

function pick(row: TableRow, columns: readonly string[]): TableRow {
  return Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${String(inner)}`)
      .join('\n');
  }
  return String(value);
}
