/** What must hold whatever happens: nothing applied twice, nothing lost, one owner a lane, waits that tell the truth. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Position } from '../../event-store/port.ts';
import { allDerived, allProjections } from '../all.ts';
import { bustle } from '../testing/bustle.ts';
import { dumpRows } from '../testing/dump.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { createWaiter } from './wait.ts';

const NAMES = [...allProjections, ...allDerived].map((model) => model.name);
const raised = {
  projections: allProjections.map((projection) => ({ ...projection, version: projection.version + 1 })),
  derived: allDerived,
};
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

it('leaves every row as it is when the same events are applied a second time', async () => {
  await log.tell(await bustle(log, 20));
  await log.runtime().catchUp();
  const once = await dumpRows(log.database.pool);
  expect(once.orders).toHaveLength(20);
  expect(once.search_documents).toHaveLength(16);
  await log.database.pool.query('update projections.checkpoints set position = null, event_id = null');
  await log.runtime().catchUp();
  expect(await dumpRows(log.database.pool)).toEqual(once);
});

it('builds the same rows from zero as it built one event after the other', async () => {
  const events = await bustle(log, 12);
  const running = log.runtime();
  await running.start();
  for (let from = 0; from < events.length; from += 7) {
    const position = await log.tell(events.slice(from, from + 7));
    if (from % 35 === 0) await running.waitFor(position, NAMES, 20_000);
  }
  const head = (await log.store.head()) as Position;
  expect(await running.waitFor(head, NAMES, 20_000)).toEqual({ ok: true });
  await running.stop();
  const incrementally = await dumpRows(log.database.pool);
  await log.runtime(raised).catchUp();
  expect(await dumpRows(log.database.pool)).toEqual(incrementally);
});

it('applies nothing twice and loses nothing when its connections are cut again and again', async () => {
  const running = log.runtime();
  await running.start();
  const told = log.tell(await bustle(log, 40));
  let done = false;
  const cutting = (async () => {
    while (!done) {
      await log.database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'souk-projections' and datname = current_database()`,
      );
      await delay(40);
    }
  })();
  const position = await told;
  done = true;
  await cutting;
  expect(await running.waitFor(position, NAMES, 30_000)).toEqual({ ok: true });
  await running.stop();
  const survived = await dumpRows(log.database.pool);
  await log.runtime(raised).catchUp();
  expect(await dumpRows(log.database.pool)).toEqual(survived);
});

it('lets two processes run at once: no event counts twice, and the second takes over from the first', async () => {
  const first = log.runtime({ owner: 'first', leaseMs: 400 });
  const second = log.runtime({ owner: 'second', leaseMs: 400 });
  await Promise.all([first.start(), second.start()]);
  const before = await log.tell(await bustle(log, 15));
  // Both can tell, whichever of them does the work.
  for (const each of [first, second]) expect(await each.waitFor(before, NAMES, 20_000)).toEqual({ ok: true });
  await first.stop();
  const after = await log.tell(await bustle(log, 15));
  expect(await second.waitFor(after, NAMES, 20_000)).toEqual({ ok: true });
  const { rows } = await log.database.pool.query('select distinct owner from projections.checkpoints');
  expect(rows).toEqual([{ owner: 'second' }]);
  await second.stop();
  const shared = await dumpRows(log.database.pool);
  await log.runtime(raised).catchUp();
  expect(await dumpRows(log.database.pool)).toEqual(shared);
});

it('refuses to start on the checkpoints of another log, or ahead of this one', async () => {
  await log.tell(await bustle(log, 1));
  await log.runtime().catchUp();
  const { pool } = log.database;
  const head = await log.store.head();
  await pool.query(`update projections.checkpoints set position = '9' || substr(position, 2) where name = 'users'`);
  await expect(log.runtime().start()).rejects.toThrow('the log ends at');
  await pool.query(`update projections.checkpoints set position = $1 where name = 'users'`, [head]);
  await pool.query(`update projections.checkpoints set event_id = 'other' where name = 'users'`);
  await expect(log.runtime().start()).rejects.toThrow('stands event');
  await pool.query(`update projections.checkpoints set log_id = 'another'`);
  await expect(log.runtime().start()).rejects.toThrow('the checkpoint is of log another');
});

it('answers a wait from the table in a process that runs nothing, with how far it came when time is up', async () => {
  const waitFor = createWaiter(log.database.pool);
  // Started alone, before any process made the tables.
  expect(await waitFor('1' as Position, NAMES, 30)).toEqual({ ok: false, reached: null });
  const early = await log.tell(await bustle(log, 1));
  await log.runtime().catchUp();
  expect(await waitFor(early, NAMES, 0)).toEqual({ ok: true });
  const late = await log.tell(await bustle(log, 1));
  expect(await waitFor(late, ['orders'], 50)).toEqual({ ok: false, reached: early });
  expect(await waitFor(late, ['no-such'], 0)).toEqual({ ok: false, reached: null });
  const running = log.runtime();
  const waiting = waitFor(late, NAMES, 20_000);
  await running.start();
  expect(await waiting).toEqual({ ok: true });
});

it('tells lag, head and state of every lane from the tables alone', async () => {
  const idle = log.runtime();
  expect(await idle.status()).toEqual([]);
  await log.tell(await bustle(log, 2));
  await log.runtime().catchUp();
  const head = await log.store.head();
  for (const lane of await idle.status())
    expect(lane).toMatchObject({ state: 'live', head, lagSeconds: 0, lagEvents: 0 });
  const events = await bustle(log, 1);
  await log.tell(events);
  const behind = (await idle.status()).find((lane) => lane.name === 'orders');
  expect(behind).toMatchObject({ state: 'catching_up', lagEvents: events.length, position: head });
  expect(behind?.lagSeconds).toBeGreaterThan(0);
});
