/** What is found out, or started, once for all workers of a test run, by whichever comes first. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../../platform/process/file-lock.ts';

/** The folder of the run; a program that runs no tests gets one of its own. */
export function runFolder(): string {
  return process.env.SOUK_TEST_DATA_DIR ?? join(tmpdir(), `souk-test-run-${process.ppid}`);
}

/** The first caller makes it, the others read it; what is thrown is thrown to the first, and made again by the next. */
export async function oncePerRun<T>(name: string, make: () => Promise<T>): Promise<T> {
  const folder = runFolder();
  const path = join(folder, `${name}.json`);
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as T;
  await mkdir(folder, { recursive: true });
  const work = async () => {
    if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as T;
    const made = await make();
    await writeFile(`${path}.draft`, JSON.stringify(made));
    await rename(`${path}.draft`, path);
    return made;
  };
  // Whoever comes second may have to wait until an image is there.
  return withFileLock(join(folder, `${name}.lock`), work, { timeoutMs: 600_000 });
}
