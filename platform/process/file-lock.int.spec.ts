import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { withFileLock } from './file-lock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? -1;
}

/** Runs `count` works under the lock and gives the most that were inside at one time. */
async function mostInside(count: number): Promise<number> {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside++;
    most = Math.max(most, inside);
    await delay(2);
    inside--;
  };
  await Promise.all(Array.from({ length: count }, () => withFileLock(path, work)));
  return most;
}

it('lets one in at a time and leaves one small file behind', async () => {
  expect(await mostInside(20)).toBe(1);
  expect(await readdir(folder)).toEqual(['lock.20']);
});

it('is taken from a holder that died, by one of those who wait', async () => {
  await writeFile(`${path}.1`, JSON.stringify({ pid: await deadPid() }));
  expect(await mostInside(20)).toBe(1);
  expect(await readdir(folder)).toEqual(['lock.21']);
});

it('is taken from a dead holder whose number another process has now', async () => {
  await writeFile(`${path}.1`, JSON.stringify({ pid: process.ppid, startTicks: '1' }));
  expect(await withFileLock(path, async () => 'in')).toBe('in');
});

it('is taken when the file is damaged', async () => {
  await writeFile(`${path}.1`, '{"pid":');
  expect(await withFileLock(path, async () => 'in')).toBe('in');
});

it('is given back when the work fails', async () => {
  await expect(withFileLock(path, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
  expect(await withFileLock(path, async () => 'in', { timeoutMs: 0 })).toBe('in');
});

it('says who holds it when that takes too long', async () => {
  await writeFile(`${path}.1`, JSON.stringify({ pid: process.ppid }));
  await expect(withFileLock(path, async () => 'in', { timeoutMs: 50 })).rejects.toThrow(
    `held by process ${process.ppid}`,
  );
});
