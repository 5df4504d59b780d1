/** Three processes share the lanes; one is killed, one sleeps past its lease and wakes up: every event counts once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { EventStore, Position } from '../../event-store/port.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { scanLog } from '../../event-store/scan.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { until } from '../../platform/testing/until.ts';
import { COUNTING, countIn } from '../testing/counting.ts';
import { told } from '../testing/story.ts';
import { newEvent } from '../testing/test-log.ts';
import { createProjectionControl } from './control.ts';
import { createWaiter } from './wait.ts';

const LEASE_MS = 1_000;
const VARIANTS = Array.from({ length: 12 }, () => newId());
const logger = createLogger({ name: 'test', level: 'silent' });
const keepers = new Map<string, ChildProcess>();
let database: TestDatabase;
let store: EventStore;
let writing = true;

beforeAll(async () => {
  database = await createTestDatabase();
  store = await createPostgresEventStore({ url: database.url, logger });
});
afterAll(async () => {
  writing = false;
  for (const child of keepers.values()) child.kill('SIGKILL');
  await store.close();
  await database.drop();
});

it('applies every event once, whoever dies or sleeps', async () => {
  for (const owner of ['first', 'second', 'third']) start(owner);
  const writers = VARIANTS.map(write);
  await until(async () => isShared(await owners(), ['first', 'second', 'third']));
  await moreEvents(100);
  keepers.get('third')?.kill('SIGKILL');
  await until(async () => isShared(await owners(), ['first', 'second']));
  await moreEvents(100);
  // It stops between reading rows and writing them.
  keepers.get('second')?.kill('SIGUSR2');
  await until(async () => isShared(await owners(), ['first']));
  await moreEvents(100);
  keepers.get('second')?.kill('SIGCONT');
  await until(async () => isShared(await owners(), ['first', 'second']));
  await moreEvents(100);
  writing = false;
  await Promise.all(writers);
  await expectCounted();
});

it('goes on with a rebuild where the process that was at it was killed', async () => {
  for (const child of keepers.values()) child.kill('SIGKILL');
  await Promise.all(VARIANTS.map(writeMany));
  const { pool } = database.database;
  const models = { projections: COUNTING, derived: [] };
  await createProjectionControl({ ...models, database: database.database, log: store }).rebuild('all', 'cli:test');
  const places = async () => {
    const sql = 'select position from projections.checkpoints where generation = 2 order by name, lane';
    return (await pool.query<{ position: string | null }>(sql)).rows.map(({ position }) => position ?? '');
  };
  start('fourth');
  await until(async () => (await places()).some((position) => position !== ''));
  keepers.get('fourth')?.kill('SIGUSR2');
  const before = await stillAt(places);
  keepers.get('fourth')?.kill('SIGKILL');
  const head = (await store.head()) ?? '';
  expect(before.some((position) => position < head)).toBe(true);
  start('fifth');
  const isSwapped = async () => {
    const now = await places();
    expect(now.map((position, at) => position >= (before[at] ?? ''))).toEqual(now.map(() => true));
    const { rows } = await pool.query(`select state from projections.generations where generation = 2`);
    return rows.every(({ state }) => state === 'live');
  };
  await until(isSwapped);
  await expectCounted();
});

/** Every read model counted every event of the log, once. */
async function expectCounted(): Promise<void> {
  const head = (await store.head()) as Position;
  const names = COUNTING.map(({ name }) => name);
  expect(await createWaiter(database.database.pool)(head, names, 20_000)).toEqual({ ok: true });
  const counted = await countLog(head);
  expect(counted.size).toBe(VARIANTS.length);
  for (const { table } of COUNTING) expect(await countsIn(table)).toEqual(counted);
}

function start(owner: string): void {
  const script = fileURLToPath(new URL('../testing/keeper.script.ts', import.meta.url));
  const args = ['--import', 'tsx', script, database.url, owner, String(LEASE_MS)];
  keepers.set(owner, spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** One event after the other, without end. */
async function write(variantId: string): Promise<void> {
  for (let revision = -1; writing; ) {
    const event = newEvent(told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 1, reason: 'counted' }));
    const appended = await store.append(`inventory-${variantId}`, [event], revision < 0 ? 'no-stream' : revision);
    revision = appended.revision;
    await delay(5);
  }
}

/** As much of one variant as makes a rebuild worth being stopped. */
async function writeMany(variantId: string): Promise<void> {
  let revision = (await store.read(`inventory-${variantId}`, { backwards: true, limit: 1 }))[0]?.revision ?? -1;
  for (let left = 2; left > 0; left--) {
    const event = told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 1, reason: 'counted' });
    const events = Array.from({ length: 150 }, () => newEvent(event));
    revision = (await store.append(`inventory-${variantId}`, events, revision)).revision;
  }
}

/** What is seen once it does not change any more: the process has stopped itself. */
async function stillAt<T>(look: () => Promise<T>): Promise<T> {
  let last = await look();
  return until(async () => {
    await delay(150);
    const now = await look();
    const isStill = JSON.stringify(now) === JSON.stringify(last);
    last = now;
    return isStill && now;
  });
}

async function moreEvents(count: number): Promise<void> {
  const from = await store.head();
  await until(async () => (store.distance(from, await store.head()) ?? 0) >= count);
}

async function owners(): Promise<Map<string | null, number>> {
  const { rows } = await database.database.pool
    .query<{ owner: string | null; lanes: number }>(
      `select owner, count(*)::int as lanes from projections.checkpoints group by owner`,
    )
    .catch(() => ({ rows: [] })); // The first process makes the tables.
  return new Map(rows.map(({ owner, lanes }) => [owner, lanes]));
}

/** Each of them has as many lanes as another, and nobody else has any. */
function isShared(owners: ReadonlyMap<string | null, number>, among: readonly string[]): boolean {
  const lanes = among.map((owner) => owners.get(owner) ?? 0);
  return owners.size === among.length && Math.min(...lanes) > 0 && Math.max(...lanes) - Math.min(...lanes) <= 1;
}

type Counts = Map<string, { readonly seen: number; readonly sum: number }>;

async function countLog(upTo: Position): Promise<Counts> {
  const counts: Counts = new Map();
  for await (const events of scanLog(store, { after: null, upTo })) {
    for (const { id, data } of events) {
      const key = String(data.variantId);
      counts.set(key, countIn(counts.get(key), id));
    }
  }
  return counts;
}

async function countsIn(table: string): Promise<Counts> {
  const { rows } = await database.database.pool.query(`select id, seen, sum from projections.${table}`);
  return new Map(rows.map(({ id, seen, sum }) => [id, { seen, sum }]));
}
