import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import { onStop } from './graceful-stop.ts';

/** Runs steps in a process of its own, sends the signals as it asks for them, and gives what it said and how it ended. */
async function stopped(steps: string, signals: readonly NodeJS.Signals[]) {
  const script = `
    import { onStop } from './platform/process/graceful-stop.ts';
    import { pino } from 'pino';
    const say = (text) => process.stdout.write(text + '\\n');
    const forever = () => new Promise(() => {});
    onStop([${steps}], pino({ level: 'silent' }));
    setInterval(() => {}, 1000);
    say('up');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const left = [...signals];
  child.stdout.on('data', (chunk) => {
    for (const line of String(chunk).trim().split('\n')) {
      said.push(line);
      // The first when it is up, the next once the steps have begun.
      const signal = left.shift();
      if (signal) child.kill(signal);
    }
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

it.each(['SIGTERM', 'SIGINT'] as const)('%s runs the steps one after the other and ends with 0', async (signal) => {
  const steps = `
    { name: 'one', run: async () => { await new Promise(setImmediate); say('one'); } },
    { name: 'two', run: async () => say('two') }`;
  expect(await stopped(steps, [signal])).toEqual({ code: 0, said: ['up', 'one', 'two'] });
});

it('goes on past a step that fails and past one that hangs, and ends with 1', async () => {
  const steps = `
    { name: 'fails', run: async () => { say('fails'); throw new Error('x'); } },
    { name: 'hangs', timeoutMs: 20, run: () => { say('hangs'); return forever(); } },
    { name: 'last', run: async () => say('last') }`;
  expect(await stopped(steps, ['SIGTERM'])).toEqual({ code: 1, said: ['up', 'fails', 'hangs', 'last'] });
});

it('ends at once with 130 at the second Ctrl-C', async () => {
  const steps = `
    { name: 'hangs', timeoutMs: 3_600_000, run: () => { say('hangs'); return forever(); } },
    { name: 'last', run: async () => say('last') }`;
  expect(await stopped(steps, ['SIGINT', 'SIGINT'])).toEqual({ code: 130, said: ['up', 'hangs'] });
});

it('runs the steps once however often it is asked', async () => {
  const listeners = process.listeners('SIGTERM').length;
  let runs = 0;
  const graceful = onStop(
    [{ name: 'one', run: async () => void runs++ }],
    createLogger({ name: 'test', level: 'silent' }),
  );
  expect(await Promise.all([graceful.stop('test'), graceful.stop('test')])).toEqual([true, true]);
  expect(runs).toBe(1);
  graceful.forget();
  expect(process.listeners('SIGTERM')).toHaveLength(listeners);
});
