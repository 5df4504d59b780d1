import { beforeEach, expect, it } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import { type Breaker, createBreaker } from './breaker.ts';

const said: string[] = [];
const logger = createLogger({
  name: 'test',
  level: 'info',
  format: 'json',
  to: { write: (line) => void said.push(line) },
});

class NotTheEngine extends Error {}

let now = 0;
let asked = 0;
let breaker: Breaker;
beforeEach(() => {
  [now, asked] = [0, 0];
  said.length = 0;
  const passes = (error: unknown) => error instanceof NotTheEngine;
  breaker = createBreaker({ logger, what: 'asking', firstMs: 100, maxMs: 300, passes, now: () => now });
});

const works = () => breaker.ask(async () => ++asked);
const fails = () => breaker.ask(() => Promise.reject(new Error(`failure ${++asked}`)));

/** A call under way, and how it ends. */
function hanging() {
  let settle: { answer(): void; fail(): void } = { answer: () => undefined, fail: () => undefined };
  const outcome = breaker.ask(() => {
    asked += 1;
    return new Promise<string>((resolve, reject) => {
      settle = { answer: () => resolve('late'), fail: () => reject(new Error('late')) };
    });
  });
  return { outcome, ...settle };
}

it('leaves what failed alone for a pause, which grows with each failed trial up to the longest', async () => {
  expect(await works()).toBe(1);
  for (const [at, pause] of [
    [0, 100],
    [100, 200],
    [300, 300],
    [600, 300],
  ] as const) {
    now = at;
    expect(await fails()).toBeUndefined();
    const before = asked;
    now = at + pause - 1;
    expect([breaker.isOpen(), await works(), asked]).toEqual([true, undefined, before]);
  }
  now = 900;
  expect(breaker.isOpen()).toBe(false);
  expect([await works(), await works()]).toEqual([6, 7]);
});

it('lets one try after the pause, while the others do without', async () => {
  await fails();
  now = 100;
  const trial = hanging();
  expect([breaker.isOpen(), await works(), asked]).toEqual([true, undefined, 2]);
  trial.answer();
  expect(await trial.outcome).toBe('late');
  expect([breaker.isOpen(), await works()]).toEqual([false, 3]);
});

it('counts those that were under way together as one failure, and tells of it once until it is over', async () => {
  const [one, other, straggler] = [hanging(), hanging(), hanging()];
  one.fail();
  other.fail();
  expect(await Promise.all([one.outcome, other.outcome])).toEqual([undefined, undefined]);
  now = 100;
  const trial = hanging();
  straggler.fail();
  await straggler.outcome;
  // The trial is still under way: nobody else is let through.
  expect(await works()).toBeUndefined();
  trial.fail();
  await trial.outcome;
  now = 299;
  expect(breaker.isOpen()).toBe(true);
  now = 300;
  await works();
  expect(said.filter((line) => line.includes('asking failed'))).toHaveLength(1);
  await fails();
  expect(said.filter((line) => line.includes('asking failed'))).toHaveLength(2);
});

it('throws what says nothing of the engine, and takes it for neither an answer nor a failure', async () => {
  const pass = () => breaker.ask(() => Promise.reject(new NotTheEngine()));
  await expect(pass()).rejects.toThrow(NotTheEngine);
  expect(breaker.isOpen()).toBe(false);
  await fails();
  now = 100;
  await expect(pass()).rejects.toThrow(NotTheEngine);
  expect(await fails()).toBeUndefined();
  now = 299;
  expect(breaker.isOpen()).toBe(true);
});
