/** An exported history as tables of DuckDB: `events`, and the views made of them. */
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { CommandFailed, EXIT } from '../../exit.ts';
import { type DuckDb, openDuckDb, sqlText } from '../duckdb.ts';
import { COLUMNS } from '../export/lines.ts';
import { type Manifest, readManifest } from '../export/manifest.ts';
import { VIEWS } from './views.ts';

/** What `souk sql` runs on: no other file can be read, and none written. */
export type History = DuckDb & {
  /** Undefined for an empty history that lies nowhere. */
  readonly manifest: Manifest | undefined;
};

/** Without a folder: every table and view, empty. Fails where the folder holds no export. */
export async function openHistory(dir?: string): Promise<History> {
  const manifest = dir === undefined ? undefined : await readManifest(dir);
  if (dir !== undefined && manifest === undefined) throw new CommandFailed(EXIT.usage, noExport(dir));
  const files = (manifest?.parts ?? []).map(({ file }) => resolve(dir ?? '', file));
  // Half of what the machine has; what needs more fails with a sentence, and spills nowhere.
  const duck = await openDuckDb({ files, memoryMiB: Math.max(1_024, Math.floor(totalmem() / 2 ** 21)) });
  const { connection } = duck;
  await connection.run(`create view events as ${eventsOf(files, manifest?.format ?? 'parquet')}`);
  for (const { name, sql } of VIEWS) await connection.run(`create view "${name}" as ${sql}`);
  await connection.run('create schema live');
  return { ...duck, manifest };
}

function noExport(dir: string): string {
  return `${dir} holds no export. Make one with: souk events export --to ${dir} --format parquet`;
}

const JSON_COLUMNS = ['data', 'metadata'];

function eventsOf(files: readonly string[], format: Manifest['format']): string {
  const names = Object.keys(COLUMNS);
  if (files.length === 0) {
    const empty = Object.entries(COLUMNS).map(([name, type]) => `null::${typeOf(name, type)} as ${name}`);
    return `select ${empty.join(', ')} where false`;
  }
  const list = `[${files.map(sqlText).join(', ')}]`;
  const shown = names.map((name) => (JSON_COLUMNS.includes(name) ? `${name}::json as ${name}` : name));
  const source = format === 'parquet' ? `read_parquet(${list})` : `(${linesOf(list)})`;
  return `select ${shown.join(', ')} from ${source}`;
}

function typeOf(name: string, type: string): string {
  return JSON_COLUMNS.includes(name) ? 'JSON' : type;
}

/** Members that are columns as they stand; the others are in the metadata. */
const OF_LINE = ['position', 'stream', 'revision', 'id', 'type', ...JSON_COLUMNS];

/** An event of NDJSON is in the API's shape: what are columns in Parquet lies in its metadata. */
function linesOf(list: string): string {
  const read = OF_LINE.map((name) => `${name}: ${sqlText(typeOf(name, COLUMNS[name as keyof typeof COLUMNS]))}`);
  const columns = Object.entries(COLUMNS).map(([name, type]) => {
    if (OF_LINE.includes(name)) return name;
    if (name === 'category') return `split_part(stream, '-', 1) as category`;
    return `(metadata->>'$.${name}')::${type} as ${name}`;
  });
  const options = `format = 'newline_delimited', maximum_object_size = 67108864, columns = {${read.join(', ')}}`;
  return `select ${columns.join(', ')} from read_json(${list}, ${options})`;
}
