/** Where the Postgres of a test run lies, and what it notes; named after the run, so that the next one clears up after a killed one. */
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeContainersOf } from '../../test/support/docker.ts';
import { isServerOf, readPostmaster } from '../postgres/postmaster-pid.ts';
import { isAlive, signalProcess, waitForExit } from '../process/alive.ts';
import { errorCode } from '../process/error-code.ts';

const PREFIX = 'souk-test-run-';

/** The folder of this process's run. */
export function testFolder(): string {
  return join(tmpdir(), `${PREFIX}${process.pid}`);
}

/** Ends the Postgres and the containers of a run, if any were started, and removes its folder. */
export async function clearTestFolder(folder: string): Promise<void> {
  const data = join(folder, 'postgres', 'cluster', 'data');
  const server = await readPostmaster(data);
  if (server && (await isServerOf(data, server.pid))) {
    // Nothing in there is worth a checkpoint.
    signalProcess(server.pid, 'SIGQUIT');
    if (!(await waitForExit(server.pid, 10_000))) signalProcess(server.pid, 'SIGKILL');
  }
  await removeContainersOf(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Clears what runs left that were killed. */
export async function clearLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN;
    if (!(pid > 0) || (await isAlive(pid))) continue;
    try {
      await clearTestFolder(join(tmpdir(), name));
    } catch (error) {
      // Another account's run; it is theirs to clear.
      if (!['EACCES', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
    }
  }
}
