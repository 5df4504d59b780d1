/** Rows of a product file: a JSON array, NDJSON or CSV with a header, told apart by what stands in it. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';

export type RawRow = {
  /** Line in the file; in a JSON array the number of the element. From 1. */
  readonly line: number;
  /** The row, or why it could not be read as one. */
  readonly row: Readonly<Record<string, unknown>> | { readonly unreadable: string };
};

/** The file as a whole cannot be read as product rows. */
export class UnreadableFile extends Error {
  constructor(path: string, why: string) {
    super(`${path} cannot be read: ${why}`);
    this.name = 'UnreadableFile';
  }
}

/** Reads all rows. Throws `UnreadableFile` for a file that is not there, not readable, or in none of the three formats. */
export async function readProductRows(path: string): Promise<readonly RawRow[]> {
  try {
    const first = await firstCharacter(path);
    if (first === '[') return jsonArray(await readFile(path, 'utf8'));
    if (first === '{') return await ndjson(path);
    if (first === undefined) throw new Error('it is empty');
    return await csv(path);
  } catch (error) {
    throw new UnreadableFile(path, reasonOf(error));
  }
}

async function firstCharacter(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return /[^\s\uFEFF]/.exec(buffer.toString('utf8', 0, bytesRead))?.[0];
  } finally {
    await file.close();
  }
}

function jsonArray(content: string): RawRow[] {
  const rows = JSON.parse(content.replace(/^\uFEFF/, '')) as unknown[];
  return rows.map((row, index) => ({ line: index + 1, row: asRow(row) }));
}

async function ndjson(path: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  let line = 0;
  for await (const content of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    // A byte order mark counts as white space to trim, and as a fault to JSON.
    if (content.trim() === '') continue;
    rows.push({ line, row: parseLine(content.trim()) });
  }
  return rows;
}

async function csv(path: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  let header: readonly string[] | undefined;
  let before = { lines: 0, empty_lines: 0 };
  const parser = createReadStream(path).pipe(
    parse({ bom: true, trim: true, skip_empty_lines: true, info: true, relax_column_count: true }),
  );
  for await (const { record, info } of parser as AsyncIterable<Parsed>) {
    // A quoted cell may span lines: people look for a row where it begins.
    const line = before.lines + 1 + info.empty_lines - before.empty_lines;
    before = { lines: info.lines, empty_lines: info.empty_lines };
    if (header) rows.push({ line, row: asCells(header, record) });
    else header = headerOf(record);
  }
  if (rows.length === 0) throw new Error('no rows below its header');
  return rows;
}

type Parsed = { readonly record: readonly string[]; readonly info: { lines: number; empty_lines: number } };

function headerOf(record: readonly string[]): readonly string[] {
  if (!record.includes('name')) throw new Error('no column "name" in its first line');
  const twice = record.find((column, index) => column !== '' && record.indexOf(column) !== index);
  if (twice !== undefined) throw new Error(`its header has the column "${twice}" twice`);
  return record;
}

/** Cells that are missing at the end are blank; cells beyond the header would stand under the wrong columns. */
function asCells(header: readonly string[], record: readonly string[]): RawRow['row'] {
  if (record.slice(header.length).some((cell) => cell !== ''))
    return { unreadable: `it has ${record.length} cells, and the header has ${header.length} columns` };
  return Object.fromEntries(header.flatMap((column, index) => (column === '' ? [] : [[column, record[index] ?? '']])));
}

function parseLine(content: string): RawRow['row'] {
  try {
    return asRow(JSON.parse(content));
  } catch (error) {
    return { unreadable: reasonOf(error) };
  }
}

function asRow(value: unknown): RawRow['row'] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return { unreadable: 'it is not a JSON object' };
}

function reasonOf(error: unknown): string {
  return (error as { message?: string }).message ?? String(error);
}
