/** The process runner on a real log: nothing is lost, nothing runs for ever, failures come back, times are kept. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CATEGORY_TREE } from '../../domain/categories/commands.ts';
import { categoryDecider } from '../../domain/categories/decide.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { until } from '../../platform/testing/until.ts';
import { accepted } from '../orders/testing/market.ts';
import { createTestShop, type TestShop } from '../testing/test-shop.ts';
import type { Process } from './process.ts';
import { createProcessRunner, type ProcessRunner, type RunnerOptions } from './runner.ts';

let test: TestShop;
let runners: ProcessRunner[] = [];
let runs: string[] = [];

beforeAll(async () => {
  test = await createTestShop();
});
beforeEach(async () => {
  runs = [];
  await test.database.pool.query('drop schema if exists processes cascade');
  await test.database.pool.query('drop table if exists souk_migrations_processes, souk_migrations_processes_lock');
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  runners = [];
});
afterAll(() => test.stop());

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

/** Runs once for every category that is made. */
function process(advance: Process['advance'] = async () => ({ wakeAt: null })): Process {
  return {
    name: 'count-categories',
    wants: ['CategoryCreated', 'CategoryRenamed'],
    key: (event) => ('categoryId' in event.data ? event.data.categoryId : undefined),
    async advance(key, run) {
      runs.push(key);
      return advance(key, run);
    },
  };
}

async function start(one: Process, options: Partial<RunnerOptions> = {}): Promise<ProcessRunner> {
  const { store, database } = test;
  const quick = { delayMs: 50, pollMs: 20, backoffMs: { first: 20, longest: 100 } };
  const runner = await createProcessRunner({ processes: [one], store, database, logger, ...quick, ...options });
  runners.push(runner);
  return runner;
}

async function createCategory(categoryId = newId()): Promise<string> {
  const create = { type: 'CreateCategory', categoryId, name: `C ${categoryId}`, parentId: null } as const;
  accepted(await test.shop.runtime.handle(categoryDecider, CATEGORY_TREE, create, test.context()));
  return categoryId;
}

const rows = async () => (await test.database.pool.query('select * from processes.due')).rows;
const quiet = (keys: readonly string[]) =>
  until(async () => keys.every((key) => runs.includes(key)) && (await rows()).length === 0);

describe('the process runner', () => {
  it('runs every key the log names, from its beginning, and forgets those with nothing left to do', async () => {
    const before = await createCategory();
    await start(process());
    const after = await createCategory();
    await quiet([before, after]);
  });

  it('goes on after a restart where it was: what came meanwhile is run, the rest is not run again', async () => {
    const first = await createCategory();
    const runner = await start(process());
    await quiet([first]);
    await runner.stop();
    runs = [];
    const second = await createCategory();
    await start(process());
    await quiet([second]);
    expect(runs).toEqual([second]);
  });

  it('is built again from the log when its tables are emptied', async () => {
    const key = await createCategory();
    const runner = await start(process());
    await quiet([key]);
    await runner.stop();
    runs = [];
    await test.database.pool.query('delete from processes.checkpoint');
    await start(process());
    await quiet([key]);
  });

  it('comes back to a run that failed for as long as it fails, shows it, and then forgets it', async () => {
    let broken = true;
    const key = await createCategory();
    const runner = await start(
      process(async (one) => {
        if (broken && one === key) throw new Error('the gateway is on fire');
        return { wakeAt: null };
      }),
    );
    await until(async () => runs.filter((one) => one === key).length >= 5);
    expect(await runner.status()).toMatchObject([
      { process: 'count-categories', failing: 1, lastError: 'the gateway is on fire' },
    ]);
    broken = false;
    await quiet([key]);
    expect(await runner.status()).toEqual([]);
  });

  it('shows what is due and what fails, not what waits for its time', async () => {
    const key = await createCategory();
    const runner = await start(process(async () => ({ wakeAt: '2100-01-01T00:00:00.000Z' })));
    const later = 'select 1 from processes.due where key = $1 and due_at > $2';
    await until(async () => (await test.database.pool.query(later, [key, '2099-01-01'])).rowCount === 1);
    expect(await runner.status()).toEqual([]);
  });

  it('looks again when the time has come that a run named', async () => {
    const key = await createCategory();
    const wakeAt = new Date(Date.now() + 700).toISOString();
    const early: string[] = [];
    await start(
      process(async (one) => {
        if (one !== key || new Date().toISOString() >= wakeAt) return { wakeAt: null };
        early.push(one);
        return { wakeAt };
      }),
    );
    await quiet([key]);
    await until(async () => runs.filter((one) => one === key).length === 2);
    expect(early).toHaveLength(1);
  });

  it('runs a key again that an event named while it was run', async () => {
    const key = await createCategory();
    let renamed = false;
    let failed = true;
    await start(
      process(async (one) => {
        if (one === key && !renamed) {
          renamed = true;
          const rename = { type: 'ChangeCategory', categoryId: key, name: 'Renamed' } as const;
          accepted(await test.shop.runtime.handle(categoryDecider, CATEGORY_TREE, rename, test.context()));
          const touched = 'select 1 from processes.due where key = $1 and touched > 1';
          await until(async () => (await test.database.pool.query(touched, [key])).rowCount === 1);
          failed = false;
        }
        return { wakeAt: null };
      }),
    );
    await until(async () => runs.filter((one) => one === key).length >= 2);
    await quiet([key]);
    expect(failed).toBe(false);
  });

  it('gives up waiting for runs that hang: they are counted as failed, and others have their turn', async () => {
    const stuck = await Promise.all([createCategory(), createCategory()]);
    const release: (() => void)[] = [];
    const hang = process(async (one) => {
      if (stuck.includes(one)) await new Promise<void>((resolve) => release.push(resolve));
      return { wakeAt: null };
    });
    const runner = await start(hang, { leaseMs: 200, concurrency: 2 });
    await until(async () => stuck.every((key) => runs.includes(key)));
    const other = await createCategory();
    await until(async () => runs.includes(other));
    await until(async () => (await runner.status())[0]?.lastError?.includes('200 ms') ?? false);
    for (const go of release) go();
  });

  it('shared by two processes runs every key, and one that died holding a key is followed by the other', async () => {
    const stuck = await createCategory();
    let hung = false;
    const release: (() => void)[] = [];
    const hang = process(async (one) => {
      if (one === stuck && !hung) {
        hung = true;
        await new Promise<void>((resolve) => release.push(resolve));
      }
      return { wakeAt: null };
    });
    await start(hang, { leaseMs: 300 });
    await start(hang, { leaseMs: 300 });
    await until(async () => runs.filter((one) => one === stuck).length >= 2);
    const more = await Promise.all(Array.from({ length: 20 }, () => createCategory()));
    await quiet([stuck, ...more]);
    for (const go of release) go();
  });
});
