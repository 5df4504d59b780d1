/** Files of lines, compressed: written whole or not at all, read without ever holding more than a piece of them. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { errorMessage } from '../../platform/process/error-code.ts';

export type LineFile = {
  /** Text of whole lines; waits while the disk is behind. */
  write(text: string): Promise<void>;
  /** Makes it last, under its name. */
  finish(): Promise<void>;
  /** Leaves nothing behind; of one that is finished, the file. */
  close(): Promise<void>;
};

/** The file is not what was written. */
export class DamagedFile extends Error {
  constructor(path: string, why: string) {
    super(`${path} is damaged or no such file: ${why}`);
    this.name = 'DamagedFile';
  }
}

/** Most of what the best level saves, at a third of its price. */
const LEVEL = 3;
/** Read at once: about as many events as are written at once. */
const PIECE_BYTES = 1024 * 1024;
/** Longer than any event with its names. */
const LINE_UNITS = 16 * 1024 * 1024;

/** Written beside its name, as `….part`, and renamed when it is whole: a file under the name itself is one. */
export function createLineFile(path: string): LineFile {
  const draft = `${path}.part`;
  const gzip = createGzip({ level: LEVEL });
  // Only for us: it holds a history.
  const written = pipeline(gzip, createWriteStream(draft, { mode: 0o600 }));
  // Told at the next write; until then it must not count as one that nobody heard of.
  written.catch(() => undefined);
  let finished = false;
  return {
    write: (text) => Promise.race([written, new Promise<void>((done) => gzip.write(text, () => done()))]),
    async finish() {
      gzip.end();
      await written;
      await synced(draft);
      await rename(draft, path);
      finished = true;
      await synced(dirname(path));
    },
    async close() {
      if (finished) return;
      gzip.destroy();
      await written.catch(() => undefined);
      await rm(draft, { force: true });
    },
  };
}

/** What it names is on the disk when this returns. */
async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Its lines, some at a time. Throws `DamagedFile` where it is cut off, or not as it was written. */
export async function* linesOf(path: string): AsyncGenerator<readonly string[]> {
  const file = createReadStream(path);
  await once(file, 'open');
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES }).setEncoding('utf8');
  const read = pipeline(file, gunzip);
  read.catch(() => undefined);
  let rest = '';
  try {
    for await (const text of gunzip as AsyncIterable<string>) {
      const lines = text.split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      if (rest.length > LINE_UNITS) throw new Error('a line has no end');
      if (lines.length > 0) yield lines;
    }
    await read;
    if (rest !== '') throw new Error('it ends in the middle of a line');
  } catch (error) {
    throw new DamagedFile(path, errorMessage(error));
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}
