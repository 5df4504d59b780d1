/** The files of an export: one at a time takes lines, and is there under its name only when it is whole. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type DuckDb, openDuckDb, sqlText } from '../duckdb.ts';
import { COLUMNS, type ExportedEvent, flatLineOf, lineOf } from './lines.ts';
import { publish, UNFINISHED } from './write-whole.ts';

export type Format = 'ndjson' | 'parquet';

export type PartFile = {
  /** Takes events, and waits where they come faster than the disk takes them. */
  write(events: readonly ExportedEvent[]): Promise<void>;
  /** Makes the file whole and gives it its name. */
  finish(): Promise<void>;
  /** Lets go of what was written. */
  discard(): Promise<void>;
};

export type PartFiles = {
  /** Ends the names of the files. */
  readonly extension: string;
  create(path: string): PartFile;
  close(): void;
};

export async function openPartFiles(format: Format): Promise<PartFiles> {
  if (format === 'ndjson') return { extension: 'ndjson.gz', create: ndjsonPart, close: () => undefined };
  // Packing is its work, and what is read next is ours: with more threads it would take the time of the reading.
  const duck = await openDuckDb({ threads: 1 });
  return { extension: 'parquet', create: (path) => parquetPart(path, duck), close: duck.close };
}

/** The fastest level: the next ones take half as long again for a tenth less. */
const GZIP = { level: 1, chunkSize: 64 * 1024, highWaterMark: 4 * 1024 * 1024 };
/** Characters handed on at once: each time costs a way to another thread and back. */
const AT_ONCE = 512 * 1024;

function ndjsonPart(path: string): PartFile {
  const gzip = createGzip(GZIP);
  const lines = linesInto(gzip, gzip.pipe(createWriteStream(`${path}${UNFINISHED}`)), lineOf);
  return {
    write: lines.write,
    async finish() {
      await lines.end();
      await publish(path);
    },
    async discard() {
      await lines.stop();
      await rm(`${path}${UNFINISHED}`, { force: true });
    },
  };
}

/**
 * Row groups are packed in memory: ten times as large they hold ten times as much, and leave it in pieces (1 GB instead of
 * 0.3). Zstandard halves the files and takes two fifths longer.
 */
const PACKED = 'compression snappy, row_group_size 10240';

/** Lines aside first, which DuckDB then packs into columns: half the time that handing it values takes. */
function parquetPart(path: string, { connection }: DuckDb): PartFile {
  const aside = `${path}.lines${UNFINISHED}`;
  const file = createWriteStream(aside);
  const lines = linesInto(file, file, flatLineOf);
  return {
    write: lines.write,
    async finish() {
      await lines.end();
      await connection.run(
        `copy (select ${Object.keys(COLUMNS).join(', ')} from ${readLines(aside)})
         to ${sqlText(`${path}${UNFINISHED}`)} (format parquet, ${PACKED})`,
      );
      await publish(path);
      await rm(aside, { force: true });
    },
    async discard() {
      await lines.stop();
      await Promise.all([rm(aside, { force: true }), rm(`${path}${UNFINISHED}`, { force: true })]);
    },
  };
}

function readLines(path: string): string {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name}: ${sqlText(type)}`);
  // One append carries a mebibyte of data at most. As much again is held for each thread several times over.
  const options = `format = 'newline_delimited', maximum_object_size = 4194304, columns = {${columns.join(', ')}}`;
  return `read_json(${sqlText(path)}, ${options})`;
}

type Lines = {
  write(events: readonly ExportedEvent[]): Promise<void>;
  end(): Promise<void>;
  stop(): Promise<void>;
};

/** Into `first`, and on to `last`: a stream, or the first and the last of a chain. */
function linesInto(
  first: NodeJS.WritableStream & { destroy(): unknown },
  last: NodeJS.WritableStream & { destroy(): unknown },
  format: (event: ExportedEvent) => string,
): Lines {
  const done = finished(last);
  // Told where it is awaited, or by the next write.
  let failure: unknown;
  done.catch((error) => {
    failure = error;
  });
  let text = '';
  return {
    async write(events) {
      if (failure !== undefined) throw failure;
      for (const event of events) text += `${format(event)}\n`;
      if (text.length < AT_ONCE) return;
      const taken = first.write(text);
      text = '';
      if (!taken) await Promise.race([once(first, 'drain'), done]);
    },
    async end() {
      first.end(text);
      await done;
    },
    async stop() {
      first.destroy();
      last.destroy();
      await done.catch(() => undefined);
    },
  };
}
