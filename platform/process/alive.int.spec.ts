import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { itUnless } from '../../test/support/describe-unless.ts';
import { isAlive, signalProcess, startTicks, waitForExit, workingDirectoryOf } from './alive.ts';

it('tells a live process from one that is gone', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const pid = child.pid ?? -1;
  expect(await isAlive(pid)).toBe(true);
  expect(await waitForExit(pid, 20)).toBe(false);
  expect(signalProcess(pid, 'SIGKILL')).toBe(true);
  await once(child, 'exit');
  expect(await waitForExit(pid, 20)).toBe(true);
  expect(signalProcess(pid, 'SIGKILL')).toBe(false);
});

it('takes a process that ended and was not reaped for dead', async () => {
  // The shell starts a child, prints its pid, and becomes a program that reaps nobody.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(parent.stdout, 'data');
  expect(await waitForExit(Number(String(line)), 10_000)).toBe(true);
  parent.kill('SIGKILL');
});

const notLinux = process.platform === 'linux' ? undefined : 'only Linux has /proc';

itUnless(notLinux, 'knows when a process began and where it works', async () => {
  expect(await startTicks(process.pid)).toMatch(/^\d+$/);
  expect(await workingDirectoryOf(process.pid)).toBe(process.cwd());
  expect(await workingDirectoryOf(2 ** 30)).toBeUndefined();
});
