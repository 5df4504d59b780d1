/** Makes a database cluster, whole or not at all. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorCode, errorMessage } from '../process/error-code.ts';
import { giveTo } from './embedded-account.ts';
import { program } from './embedded-binaries.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import type { Place } from './embedded-place.ts';

/** The one role, which owns everything. */
export const ROLE = 'souk';

/** Makes the cluster unless it is there; call while holding the folder's lock. */
export async function ensureCluster(place: Place): Promise<void> {
  const cluster = dirname(place.data);
  await removeUnfinished(place.root);
  if (await isThere(cluster)) return;
  // Made aside and renamed: cut short at any moment, it is simply not there at the next start.
  const draft = join(place.root, `cluster.new-${process.pid}`);
  const data = join(draft, basename(place.data));
  const passwordFile = join(draft, basename(place.passwordFile));
  await mkdir(draft, { mode: 0o700 });
  await giveTo(place.account, draft);
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  await giveTo(place.account, passwordFile);
  await initdb(place, data, passwordFile);
  await rename(draft, cluster);
  await syncFolder(place.root);
}

/** The password of `ROLE`. */
export async function readPassword(place: Place): Promise<string> {
  try {
    return (await readFile(place.passwordFile, 'utf8')).trim();
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The password of the embedded Postgres cannot be read from ${place.passwordFile} (${errorMessage(error)}). ` +
        'Start Souk as the account that made this folder, or set SOUK_DATA_DIR to another one.',
      { cause: error },
    );
  }
}

/** What Postgres programs see of our environment: nothing that could change how they behave. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { PATH: PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...(SystemRoot ? { SystemRoot } : {}) };
}

async function initdb(place: Place, data: string, passwordFile: string): Promise<void> {
  const args = [
    `--pgdata=${data}`,
    '--encoding=UTF8',
    // Bytes in order, and letters of every script known to lower() and to search; neither hangs on LANG or on the machine.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    `--username=${ROLE}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-instructions',
  ];
  const child = spawn(program(place.binaries, 'initdb'), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnvironment(),
    cwd: dirname(data),
    // Its own session: Ctrl-C while it runs ends us, and the unfinished folder is removed at the next start.
    detached: true,
    ...(place.account ? { uid: place.account.uid, gid: place.account.gid } : {}),
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const [status, , complaints] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status === 0) return;
  throw new EmbeddedPostgresError(
    `Postgres could not make a database under ${place.root} (initdb ended with ${status}). It said:\n` +
      `${complaints.trim()}\nFree some disk space or mend the rights if it asks for that, or set SOUK_DATA_DIR to another folder.`,
  );
}

async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith('cluster.new-'))
      await rm(join(root, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
