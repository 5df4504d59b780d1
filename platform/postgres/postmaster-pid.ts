/** The file by which a running Postgres tells who it is (`postmaster.pid`, written by the server itself). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, workingDirectoryOf } from '../process/alive.ts';
import { errorCode } from '../process/error-code.ts';

export type Postmaster = {
  readonly pid: number;
  /** Not there in the first moments of a start. */
  readonly port?: number;
  readonly status: 'starting' | 'ready' | 'stopping' | 'unknown';
};

/** The server the file in this data directory names, be it alive or not. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  let lines: string[];
  try {
    lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Math.abs(Number(lines[0]));
  const port = Number(lines[3]);
  const status = lines[7]?.trim();
  return {
    pid,
    ...(port > 0 ? { port } : {}),
    status: status === 'ready' || status === 'starting' || status === 'stopping' ? status : 'unknown',
  };
}

/**
 * Whether the process the file names is alive and works on this directory: after a crash its number may have been given
 * to another one, which must neither be taken for the server nor be ended. Where the system does not tell, a live
 * process counts as the server.
 */
export async function isServerOf(data: string, pid: number): Promise<boolean> {
  if (!(pid > 0) || !(await isAlive(pid))) return false;
  const folder = await workingDirectoryOf(pid);
  return folder === 'unknown' || folder === data;
}
