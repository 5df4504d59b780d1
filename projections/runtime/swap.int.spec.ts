/** Rebuild, swap and swap-back under writes and reads: none of these fails, and none shows less than was asked for. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { openDatabase } from '../../platform/postgres/database.ts';
import { until } from '../../platform/testing/until.ts';
import { counting } from '../testing/counting.ts';
import { told } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { createProjectionControl, NotPossible, UnknownProjection } from './control.ts';
import { createGeneration, type Generation, readGenerations } from './generations.ts';
import { readLeases, renewKeeper } from './leases.ts';
import { modelOf } from './models.ts';
import { swapIn } from './swap.ts';
import { inTransaction } from './transaction.ts';
import type { Projection } from './types.ts';
import { createWaiter, type WaitFor } from './wait.ts';

const TABLE = 'counts_a';
const VARIANTS = Array.from({ length: 4 }, () => newId());
const first = { projections: [counting(TABLE)], derived: [] };
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

const control = (models = first) => createProjectionControl({ ...models, database: log.database, log: log.store });
const generations = () => readGenerations(log.database.pool);
const live = async () => (await generations()).find(({ state }) => state === 'live')?.generation;
const adjusted = (variantId: string) =>
  told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 1, reason: 'counted' });

/** Writes to each variant without end; what was written last, and where. */
function writeOn() {
  const last = new Map<string, { seen: number; position: Position }>();
  let writing = true;
  const write = async (variantId: string) => {
    while (writing) {
      const position = await log.tell([adjusted(variantId)]);
      last.set(variantId, { seen: (last.get(variantId)?.seen ?? 0) + 1, position });
      await delay(3);
    }
  };
  const done = Promise.all(VARIANTS.map(write));
  const stop = () => {
    writing = false;
    return done;
  };
  return { last, stop };
}

/** Reads without end what was just written; tells what was wrong, and how often it was read. */
function readOn(waitFor: WaitFor, last: ReturnType<typeof writeOn>['last'], columns = 'id, seen') {
  const database = openDatabase(log.database.url, { applicationName: 'souk-test', max: 4 });
  const wrong: string[] = [];
  let [reading, reads] = [true, 0];
  const read = async (variantId: string) => {
    while (reading) {
      const { seen, position } = last.get(variantId) ?? {};
      if (position === undefined || seen === undefined) {
        await delay(1);
        continue;
      }
      try {
        if (!(await waitFor(position, [TABLE], 5_000)).ok) wrong.push(`${position} was not reached`);
        const text = `select ${columns} from projections.${TABLE} where id = $1`;
        const { rows } = await database.pool.query({ name: `read-${columns}`, text, values: [variantId] });
        if (!((rows[0]?.seen ?? 0) >= seen)) wrong.push(`${rows[0]?.seen} of ${seen}`);
      } catch (error) {
        wrong.push(String(error));
      }
      reads += 1;
    }
  };
  const done = Promise.all(VARIANTS.map(read));
  const stop = async () => {
    reading = false;
    await done;
    await database.close();
    return { wrong, reads };
  };
  return { stop, reads: () => reads };
}

it('shows nobody less than was asked for, before, during and after a swap and a swap-back', async () => {
  const [one, two] = ['one', 'two'].map((owner) => log.runtime({ ...first, owner })) as [Runtime, Runtime];
  await one.start();
  const { last, stop } = writeOn();
  const readers = [readOn(one.waitFor, last), readOn(createWaiter(log.database.pool), last)];
  const more = async () => {
    const before = readers.map((reader) => reader.reads());
    await until(() => readers.every((reader, at) => reader.reads() > (before[at] ?? 0) + 20));
  };
  await more();
  const [next] = await control().rebuild([TABLE], 'cli:test');
  await until(async () => (await live()) === next?.generation);
  await more();
  // Lanes of both generations are shared out anew meanwhile.
  await two.start();
  await control().swapBack(TABLE, 'cli:test');
  await until(async () => (await live()) === 1);
  await more();
  await control().swapBack(TABLE, 'cli:test');
  await until(async () => (await live()) === 2);
  await more();
  await stop();
  for (const reader of readers) expect((await reader.stop()).wrong).toEqual([]);
  const head = (await log.store.head()) as Position;
  expect(await two.waitFor(head, [TABLE], 10_000)).toEqual({ ok: true });
  const rows = async (generation: number) =>
    (await log.database.pool.query(`select * from gen_${TABLE}_${generation}.${TABLE} order by id`)).rows;
  await until(async () => JSON.stringify(await rows(1)) === JSON.stringify(await rows(2)));
  expect((await rows(2)).map(({ id, seen }) => [id, seen])).toEqual(
    VARIANTS.map((id) => [id, last.get(id)?.seen]).sort(),
  );
});

type Runtime = ReturnType<TestLog['runtime']>;

it('lets an older version be read until the new one is level, also by statements that were prepared before', async () => {
  await log.tell(VARIANTS.map(adjusted));
  const old = log.runtime({ ...first, owner: 'old' });
  await old.catchUp();
  await control().pause(TABLE, 'cli:test');
  const second = { projections: [widened()], derived: [] };
  const next = log.runtime({ ...second, owner: 'new' });
  const { pool, close } = openDatabase(log.database.url, { applicationName: 'souk-test', max: 1 });
  const read = async () => {
    const { rows } = await pool.query({ name: 'all', text: `select * from projections.${TABLE} order by id` });
    return rows.map(({ id, seen, extra }) => [id, seen, extra]);
  };
  const counted = (extra: unknown) => [...VARIANTS].sort().map((id) => [id, 1, extra]);
  expect(await read()).toEqual(counted(undefined));
  await next.start();
  // Held up: what there is meanwhile is the old rows, with the columns that the new code asks for.
  expect((await generations()).map(({ version, state }) => [version, state])).toEqual([
    [1, 'live'],
    [2, 'building'],
  ]);
  expect(await read()).toEqual(counted(null));
  expect((await next.status()).map(({ role, state, version }) => [role, state, version])).toEqual([
    ...[0, 1].map(() => ['live', 'paused', 1]),
    ...[0, 1].map(() => ['building', 'paused', 2]),
  ]);
  await control().resume(TABLE, 'cli:test');
  await next.reachHead(AbortSignal.timeout(20_000));
  expect((await generations()).map(({ version, state }) => [version, state])).toEqual([
    [1, 'previous'],
    [2, 'live'],
  ]);
  expect(await read()).toEqual(counted('new'));
  // Nobody here has the code of the version before.
  await expect(control(second).swapBack(TABLE, 'cli:test')).rejects.toThrow(NotPossible);
  await close();
});

/** The next version, with a column more. */
function widened(): Projection {
  const before = counting(TABLE, 2);
  return {
    ...before,
    columns: { ...before.columns, extra: 'text' },
    project: (event, row, key) => ({ ...before.project(event, row, key), extra: 'new' }),
  };
}

it('waits for one that is behind while the other stands still, and is done by one where two are at it', async () => {
  await log.tell(VARIANTS.map(adjusted));
  await log.runtime(first).catchUp();
  const [building] = await control().rebuild([TABLE], 'cli:test');
  const { pool } = log.database;
  const swap = (keeper: string) => swapIn({ pool, log: log.store, models: first, keeper }, [building as Generation]);
  const swapping = swap(newId());
  const free = 'select from projections.checkpoints where generation = 1 for update skip locked';
  await until(async () => (await pool.query(free)).rowCount === 0);
  const moving = pool.query('update projections.checkpoints set position = position where generation = 1');
  const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and query like 'update projections.checkpoints%'`;
  await until(async () => (await pool.query(waits)).rowCount);
  expect(await swapping).toBe(false);
  await moving;
  expect((await generations()).map(({ state }) => state)).toEqual(['live', 'building']);
  await pool.query(
    `update projections.checkpoints n set position = o.position from projections.checkpoints o
     where n.generation = 2 and o.generation = 1 and n.lane = o.lane`,
  );
  expect((await Promise.all([swap(newId()), swap(newId())])).sort()).toEqual([false, true]);
  expect((await generations()).map(({ state }) => state)).toEqual(['previous', 'live']);
});

it('waits for each process that has not seen the new version, also one that looked while it was being made', async () => {
  await log.tell(VARIANTS.map(adjusted));
  await log.runtime(first).catchUp();
  const { pool } = log.database;
  const other = { keeper: newId(), owner: 'other', runs: [], yields: false };
  const lookAndRenew = async () => renewKeeper(pool, other, { leaseMs: 60_000, seen: await readLeases(pool) });
  const models = { projections: [counting(TABLE, 2)], derived: [] };
  const identity = await log.store.identity();
  const building = await inTransaction(pool, async (client) => {
    const made = await createGeneration(client, modelOf(counting(TABLE, 2)), { state: 'building', identity });
    await lookAndRenew();
    return made;
  });
  await pool.query(
    `update projections.checkpoints n set position = o.position from projections.checkpoints o
     where n.generation = 2 and o.generation = 1 and n.lane = o.lane`,
  );
  const swap = () => swapIn({ pool, log: log.store, models, keeper: newId() }, [building]);
  expect(await swap()).toBe(false);
  await lookAndRenew();
  expect(await swap()).toBe(true);
});

it('does not answer from memory while others may have given the process up', async () => {
  const runtime = log.runtime({ ...first, leaseMs: 500 });
  await runtime.start();
  const position = await log.tell(VARIANTS.map(adjusted));
  await until(async () => (await runtime.waitFor(position, [TABLE], 1_000)).ok);
  const { pool } = log.database;
  const identity = await log.store.identity();
  await inTransaction(pool, async (client) => {
    // It can neither say that it is there nor look, as if it stood still.
    await client.query('lock table projections.keepers');
    const alive = 'select from projections.keepers where alive_until > clock_timestamp()';
    await until(async () => (await client.query(alive)).rowCount === 0);
    await inTransaction(pool, async (other) => {
      await createGeneration(other, modelOf(counting(TABLE, 2)), { state: 'building', identity });
      await other.query(`update projections.generations set state = 'previous' where generation = 1`);
      await other.query(`update projections.generations set state = 'live' where generation = 2`);
    });
    expect(await runtime.waitFor(position, [TABLE], 100)).toEqual({ ok: false, reached: null });
  });
});

it('waits for what the old one has even where the head is told late', async () => {
  await log.tell(VARIANTS.map(adjusted));
  const late = await log.store.head();
  await log.tell(VARIANTS.map(adjusted));
  await log.runtime(first).catchUp();
  const [building] = await control().rebuild([TABLE], 'cli:test');
  const { pool } = log.database;
  await pool.query('update projections.checkpoints set position = $1 where generation = 2', [late]);
  // As a follower of a cluster may tell it.
  const follower = { identity: log.store.identity, head: async () => late };
  const swap = () => swapIn({ pool, log: follower, models: first, keeper: newId() }, [building as Generation]);
  expect(await swap()).toBe(false);
  await pool.query('update projections.checkpoints set position = $1 where generation = 2', [await log.store.head()]);
  expect(await swap()).toBe(true);
});

it('says what cannot be done, and what to do', async () => {
  await expect(control().rebuild('all', 'cli:test')).rejects.toThrow('no read models were ever made');
  await log.tell(VARIANTS.map(adjusted));
  const runtime = log.runtime(first);
  await runtime.start();
  await expect(control().pause('nothing', 'cli:test')).rejects.toThrow(UnknownProjection);
  await expect(control().swapBack(TABLE, 'cli:test')).rejects.toThrow('has no previous generation');
  await expect(control().dropPrevious(TABLE, 'cli:test')).rejects.toThrow('has no previous generation');
  await control().pause(TABLE, 'cli:test');
  await expect(control().rebuild([TABLE], 'cli:test')).rejects.toThrow('is paused');
  await until(async () => (await runtime.status()).every(({ owner, state }) => owner === null && state === 'paused'));
  const position = await log.tell([adjusted(newId())]);
  expect((await runtime.waitFor(position, [TABLE], 300)).ok).toBe(false);
  await control().resume(TABLE, 'cli:test');
  expect(await runtime.waitFor(position, [TABLE], 10_000)).toEqual({ ok: true });
  const built = await control().rebuild('all', 'cli:test');
  expect(await control().rebuild([TABLE], 'cli:test')).toEqual(built);
  await until(async () => (await live()) === 2);
  await expect(control().dropPrevious(TABLE, 'cli:test')).rejects.toThrow(/ask again in \d+ s/);
  await log.database.pool.query(`update projections.generations set live_since = now() - interval '2 minutes'`);
  await control().dropPrevious(TABLE, 'cli:test');
  await until(async () => (await generations()).length === 1);
});
