/** Threads that fill projections are real here: other code is loaded in them than in this process, and they can die. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHistory } from '../bench/shop/history.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { createPostgresKeyStore, type PostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { migrate } from '../platform/postgres/database.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import { allProjections } from '../projections/all.ts';
import { projectionMigrations } from '../projections/migrations.ts';
import { type BuildContext, type BuildThreads, buildLanes } from '../projections/runtime/build/build.ts';
import { createGeneration } from '../projections/runtime/generations.ts';
import { freshLanes, type Lane } from '../projections/runtime/lanes.ts';
import { modelOf } from '../projections/runtime/models.ts';
import { tableOf } from '../projections/runtime/table.ts';
import { inTransaction } from '../projections/runtime/transaction.ts';
import { createBuildThreads } from './build-threads.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const masterKey = randomBytes(32);
let test: TestDatabase;
let store: EventStore;
let keys: PostgresKeyStore;
let head: Position;

beforeAll(async () => {
  test = await createTestDatabase();
  store = await createPostgresEventStore({ url: test.url, logger });
  keys = await createPostgresKeyStore({ database: test.database, masterKey });
  await migrate(test.database, 'projections', projectionMigrations);
  const writer = createOrderedWriter(test.url);
  await makeHistory({ writer, keys, events: 3_200, seed: 3 });
  await writer.close();
  head = (await store.head()) as Position;
});
afterAll(async () => {
  await store.close();
  await test.drop();
});

async function freshGenerations(): Promise<Lane[]> {
  const identity = await store.identity();
  const lanes: Lane[] = [];
  for (const projection of allProjections) {
    const generation = await inTransaction(test.database.pool, (client) =>
      createGeneration(client, modelOf(projection), { state: 'scratch', identity }),
    );
    lanes.push(...freshLanes(projection, generation));
  }
  return lanes;
}

function build(lanes: readonly Lane[], threads?: BuildThreads): Promise<void> {
  const context: BuildContext = {
    pool: test.database.pool,
    log: store,
    keys,
    owner: 'test',
    onParked: () => {},
    threads,
  };
  return buildLanes(context, lanes, { upTo: () => head, signal: new AbortController().signal });
}

async function hashesOf(lanes: readonly Lane[]): Promise<unknown[]> {
  const tables = new Map(
    lanes.map(({ projection, generation }) => [tableOf(projection, generation.schema), projection]),
  );
  const hashes = [...tables].map(async ([table, { name, keyColumn }]) => {
    const { rows } = await test.database.pool.query(
      `select count(*), md5(string_agg(t::text, ',' order by ${keyColumn})) from ${table} t`,
    );
    return [name, rows];
  });
  return Promise.all(hashes);
}

it('fills on threads what it fills without, and goes on from the checkpoints where a thread died', async () => {
  const here = await freshGenerations();
  await build(here);
  const { database } = test;
  const real = createBuildThreads({ database, masterKey, config: { logLevel: 'silent' } as never }, 2);
  let started = 0;
  const dying: BuildThreads = {
    count: 2,
    start() {
      const thread = real.start();
      started += 1;
      if (started === 1) return thread;
      // Without a word, as one that ran out of memory.
      return {
        ...thread,
        fill: (lanes, task) => Promise.all([thread.fill(lanes, task), thread.close()]).then(() => {}),
      };
    },
  };
  const there = await freshGenerations();
  await expect(build(there, dying)).rejects.toThrow('a thread that fills projections ended');
  expect(there.some(({ stored }) => stored !== head)).toBe(true);
  await build(there, real);
  expect(there.every(({ stored }) => stored === head)).toBe(true);
  expect(await hashesOf(there)).toEqual(await hashesOf(here));
});
