/** Where the embedded Postgres of a data folder lies, and which account runs it. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logging/logger.ts';
import { signalProcess, waitForExit } from '../process/alive.ts';
import { errorCode, errorMessage } from '../process/error-code.ts';
import { type Account, canEnter, giveTo, isRoot, ownerOf, unprivilegedAccount } from './embedded-account.ts';
import { areComplete, type Binaries, completeBinaries, copyBinaries, findBinaries } from './embedded-binaries.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { isServerOf, readPostmaster } from './postmaster-pid.ts';

export type Place = {
  /** Holds all of the below. */
  readonly root: string;
  /** The folder Postgres calls its data directory. */
  readonly data: string;
  /** Holds the password of the cluster's one role; lies beside `data` so that both come to be in one rename. */
  readonly passwordFile: string;
  readonly log: string;
  /** The port used last: kept, so that pools of other processes find the server again. */
  readonly portFile: string;
  readonly binaries: Binaries;
  /** Set when we are root and Postgres therefore runs under another account. */
  readonly account?: Account;
};

/** Where root puts what its unprivileged account could not reach. */
const SYSTEM_FOLDER = '/var/lib/souk';

/** Makes the data folder if needed; a person is told what is wrong with it. */
export async function prepareDataDir(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true });
    const probe = join(dataDir, `.probe-${process.pid}-${Math.random().toString(36).slice(2)}`);
    await writeFile(probe, '');
    await rm(probe);
    return await realpath(dataDir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The data folder ${dataDir} cannot be written (${errorMessage(error)}). ` +
        'Give this account the right to write there, or set SOUK_DATA_DIR to a folder of its own.',
      { cause: error },
    );
  }
}

/** Chooses the place; call while holding the folder's lock. `dataDir` is a real path. */
export async function findPlace(dataDir: string, logger: Logger): Promise<Place> {
  const place = isRoot() ? await placeOfRoot(dataDir, logger) : { root: join(dataDir, 'postgres') };
  try {
    await mkdir(place.root, { recursive: true, mode: 0o700 });
    if (place.account) await giveTo(place.account, place.root);
    await lstat(join(place.root, 'cluster')).catch(ignoreMissing);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The folder ${place.root} cannot be used (${errorMessage(error)}). If another account started Souk here before, ` +
        `start it as that account, or give it to this one: chown -R $(id -u) ${place.root}`,
      { cause: error },
    );
  }
  const cluster = join(place.root, 'cluster');
  return {
    ...place,
    data: join(cluster, 'data'),
    passwordFile: join(cluster, 'password'),
    log: join(place.root, 'postgres.log'),
    portFile: join(place.root, 'port'),
    binaries: await usableBinaries(place.root, place.account),
  };
}

type Choice = { readonly root: string; readonly account?: Account };

async function placeOfRoot(dataDir: string, logger: Logger): Promise<Choice> {
  const marker = join(dataDir, 'postgres.location');
  const elsewhere = await readFile(marker, 'utf8').catch(ignoreMissing);
  const nobody = await unprivilegedAccount();
  if (elsewhere) return { root: elsewhere.trim(), account: nobody };

  const inside = join(dataDir, 'postgres');
  const account = (await ownerOf(join(inside, 'cluster', 'data'))) ?? nobody;
  if (await canEnter(account, dataDir)) return { root: inside, account };
  if (await ownerOf(join(inside, 'cluster', 'data'))) {
    throw new EmbeddedPostgresError(
      `${inside} holds a Postgres of ${account.name}, which may not enter ${dataDir}. ` +
        `Let it in (chmod a+x on the folders above), or set SOUK_DATA_DIR to another folder.`,
    );
  }
  const root = join(SYSTEM_FOLDER, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  await setAside(root, logger);
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  await writeFile(marker, `${root}\n`);
  return { root, account: nobody };
}

/** The data folder was removed and made anew: what it had before must not come back, nor be lost. */
async function setAside(root: string, logger: Logger): Promise<void> {
  const to = `${root}.before-${new Date().toISOString().replace(/[:.]/g, '')}`;
  const data = join(root, 'cluster', 'data');
  const server = await readPostmaster(data);
  if (server && (await isServerOf(data, server.pid))) {
    signalProcess(server.pid, 'SIGINT');
    await waitForExit(server.pid, 30_000);
  }
  try {
    await rename(root, to);
    logger.warn({ from: root, to }, 'the data folder is new, but a Postgres of its predecessor was there: set aside');
  } catch (error) {
    ignoreMissing(error);
  }
}

async function usableBinaries(root: string, account: Account | undefined): Promise<Binaries> {
  const found = await findBinaries();
  if (account) {
    const inPlace = (await canEnter(account, join(found.folder, 'bin'))) && (await areComplete(found.folder));
    return inPlace ? found : copyBinaries(found, SYSTEM_FOLDER);
  }
  return (await completeBinaries(found.folder)) ? found : copyBinaries(found, root);
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}
