/** One process at a time, by a file that names its holder; a holder that died does not block the next. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, startTicks } from './alive.ts';
import { errorCode } from './error-code.ts';

type Holder = { readonly pid: number; readonly startTicks?: string; readonly token: string };

export type FileLockOptions = {
  /** How long to wait for another holder, in milliseconds (120,000). */
  readonly timeoutMs?: number;
};

/** Runs `work` while holding the lock file `path`; throws when another live process holds it for too long. */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const mine = await me();
  await acquire(path, mine, options.timeoutMs ?? 120_000);
  try {
    return await work();
  } finally {
    const holder = await readHolder(path);
    if (holder?.token === mine.token) await rm(path, { force: true });
  }
}

async function me(): Promise<Holder> {
  const ticks = await startTicks(process.pid);
  return { pid: process.pid, token: randomUUID(), ...(ticks === undefined ? {} : { startTicks: ticks }) };
}

async function acquire(path: string, mine: Holder, timeoutMs: number): Promise<void> {
  // Written aside and linked: nobody ever reads a lock file that is there but still empty.
  const draft = `${path}.${mine.token}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  const until = performance.now() + timeoutMs;
  try {
    for (;;) {
      if (await linked(draft, path)) return;
      const holder = await readHolder(path);
      if (holder && !(await holds(holder))) await steal(path, holder, mine);
      else if (performance.now() > until) {
        const who = holder ? `process ${holder.pid}` : 'another process';
        throw new Error(
          `${path} is held by ${who} for too long; end that process, or remove the file if it is not Souk`,
        );
      } else await delay(20 + Math.random() * 30);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof holder === 'object' && holder && 'pid' in holder && 'token' in holder) return holder as Holder;
    return { pid: -1, token: '' };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    // A half-written file after a power cut names nobody.
    if (String(error).includes('SyntaxError')) return { pid: -1, token: '' };
    throw error;
  }
}

async function holds(holder: Holder): Promise<boolean> {
  if (holder.pid <= 0 || !(await isAlive(holder.pid))) return false;
  const ticks = await startTicks(holder.pid);
  return ticks === undefined || holder.startTicks === undefined || ticks === holder.startTicks;
}

/**
 * Takes the dead holder's file away by renaming it, then looks at what was taken: between the look and the rename
 * another waiter may have replaced it, and a live lock simply removed would let two processes in.
 */
async function steal(path: string, dead: Holder, mine: Holder): Promise<void> {
  const taken = `${path}.stale.${mine.token}`;
  try {
    await rename(path, taken);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const holder = await readHolder(taken);
  if (holder && holder.token !== dead.token) await linked(taken, path);
  await rm(taken, { force: true });
}
