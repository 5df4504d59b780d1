/** One process at a time, by files that name the holder; a holder that died does not block the next. */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, startTicks } from './alive.ts';
import { errorCode } from './error-code.ts';

type Holder = { readonly pid: number; readonly startTicks?: string };

export type FileLockOptions = {
  /** How long to wait for another holder, in milliseconds (120,000). */
  readonly timeoutMs?: number;
};

/**
 * Runs `work` while holding the lock; throws when another live process holds it for too long.
 *
 * The lock is a row of numbered files, `path.1`, `path.2`, …; the last one names the holder. The next number is taken
 * with link(2), which only one can, and the last file is never removed. Were a dead holder's file simply removed
 * instead, a waiter that looked a moment ago would remove its successor's, and two would be in.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const draft = `${path}.draft-${randomUUID()}`;
  try {
    // Written aside: nobody ever reads a lock file that is there but still empty.
    await writeFile(draft, JSON.stringify(await me()), { mode: 0o644 });
    const number = await acquire(path, draft, options.timeoutMs ?? 120_000);
    try {
      return await work();
    } finally {
      await release(path, draft, number);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function me(): Promise<Holder> {
  const ticks = await startTicks(process.pid);
  return { pid: process.pid, ...(ticks === undefined ? {} : { startTicks: ticks }) };
}

async function acquire(path: string, draft: string, timeoutMs: number): Promise<number> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const last = Math.max(...(await numbers(path)));
    const holder = last === 0 ? undefined : await readHolder(`${path}.${last}`);
    if (!holder || !(await holds(holder))) {
      const number = await take(path, draft, last + 1);
      if (number !== undefined) return number;
    } else if (performance.now() > until) {
      throw new Error(
        `${path}.${last} is held by process ${holder.pid} for too long; end that process, or remove the file if it is not Souk`,
      );
    } else await delay(20 + Math.random() * 30);
  }
}

async function take(path: string, draft: string, number: number): Promise<number | undefined> {
  if (!(await linked(draft, `${path}.${number}`))) return undefined;
  const all = await numbers(path);
  if (Math.max(...all) > number) {
    // We looked long ago: the number was taken and done with before we came.
    await rm(`${path}.${number}`, { force: true });
    return undefined;
  }
  // Now, not at the end: a holder that is killed leaves no litter.
  await rm(draft, { force: true });
  for (const old of all) if (old > 0 && old < number) await rm(`${path}.${old}`, { force: true });
  return number;
}

async function release(path: string, draft: string, number: number): Promise<void> {
  await writeFile(draft, JSON.stringify({ pid: 0 } satisfies Holder), { mode: 0o644 });
  await rename(draft, `${path}.${number}`);
}

async function numbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix));
  return [0, ...names.map((name) => Number(name.slice(prefix.length))).filter((number) => number > 0)];
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

/** Undefined when nobody is named: the file is gone by now, or was damaged by a power cut. */
async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [, pid] = /"pid":(\d+)/.exec(text) ?? [];
  const [, ticks] = /"startTicks":"(\d+)"/.exec(text) ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), ...(ticks === undefined ? {} : { startTicks: ticks }) };
}

async function holds(holder: Holder): Promise<boolean> {
  if (holder.pid <= 0 || !(await isAlive(holder.pid))) return false;
  const ticks = await startTicks(holder.pid);
  return ticks === undefined || holder.startTicks === undefined || ticks === holder.startTicks;
}
