import { expect, it } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import { type LoopState, supervise } from './supervise.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const backoff = { firstMs: 1, maxMs: 5 };

it('starts the work again each time it fails, and tells how often and why', async () => {
  const ending = new AbortController();
  const states: LoopState[] = [];
  let runs = 0;
  const loop = supervise({
    name: 'tail',
    logger,
    backoff,
    signal: ending.signal,
    onState: (state) => states.push(state),
    run: async () => {
      runs++;
      if (runs <= 3) throw new Error(`failure ${runs}`);
      ending.abort();
    },
  });
  await loop.done;
  expect(runs).toBe(4);
  expect(loop.state()).toMatchObject({ name: 'tail', status: 'stopped', restarts: 3, lastError: 'failure 3' });
  expect(states.map((state) => state.status)).toEqual([
    ...['restarting', 'running', 'restarting', 'running', 'restarting', 'running'],
    'stopped',
  ]);
});

it('counts what the work throws because it was told to stop as no failure', async () => {
  const ending = new AbortController();
  const loop = supervise({
    name: 'tail',
    logger,
    backoff,
    signal: ending.signal,
    run: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  });
  expect(loop.state().status).toBe('running');
  ending.abort();
  await loop.done;
  expect(loop.state()).toEqual({ name: 'tail', status: 'stopped', restarts: 0 });
});

it('ends during a pause when told to stop', async () => {
  const ending = new AbortController();
  let runs = 0;
  const loop = supervise({
    name: 'tail',
    logger,
    backoff: { firstMs: 3_600_000, maxMs: 3_600_000 },
    signal: ending.signal,
    onState: (state) => state.status === 'restarting' && setImmediate(() => ending.abort()),
    run: async () => {
      runs++;
      throw new Error('once');
    },
  });
  await loop.done;
  expect(runs).toBe(1);
});
