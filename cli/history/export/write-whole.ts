/** Files that are there whole or not at all, also after a power cut. */
import { open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Ends the names of files that are being written. */
export const UNFINISHED = '.unfinished';

export async function writeWhole(path: string, content: string): Promise<void> {
  await writeFile(`${path}${UNFINISHED}`, content);
  await publish(path);
}

/** Gives what was written as `path.unfinished` its name, once it is on the disk. */
export async function publish(path: string): Promise<void> {
  await flush(`${path}${UNFINISHED}`);
  await rename(`${path}${UNFINISHED}`, path);
  await flush(dirname(path));
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
