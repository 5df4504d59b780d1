/** Whether a process lives and where it works: enough to tell a server of ours from a pid that was given out again. */
import { readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './error-code.ts';

/** Whether `pid` runs. A zombie does not: in a container whose first process reaps nobody it would look alive for ever. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another account.
    if (errorCode(error) !== 'EPERM') return false;
  }
  const stat = await readProc(pid, 'stat');
  return stat === undefined || !/^[ZX]/.test(afterName(stat));
}

/**
 * When `pid` was started, in ticks since boot; undefined where there is no /proc. Together with the pid it names a
 * process for good, though pids are given out again.
 */
export async function startTicks(pid: number): Promise<string | undefined> {
  const stat = await readProc(pid, 'stat');
  return stat === undefined ? undefined : afterName(stat).split(' ')[19];
}

/** The folder `pid` works in; `unknown` where the system does not tell (no /proc), undefined when it may not be ours. */
export async function workingDirectoryOf(pid: number): Promise<string | 'unknown' | undefined> {
  if (process.platform !== 'linux') return 'unknown';
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ESRCH', 'EPERM'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Sends a signal; false when the process was gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until `pid` is gone; false when it still lives after `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (await isAlive(pid)) {
    if (performance.now() > until) return false;
    await delay(20);
  }
  return true;
}

async function readProc(pid: number, what: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    return await readFile(`/proc/${pid}/${what}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** The name in /proc/pid/stat may hold spaces and brackets; the fields begin after the last bracket. */
function afterName(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2);
}
