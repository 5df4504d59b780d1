/** Rows that are filled in bulk are those that following the log makes, whatever happens on the way. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHistory } from '../../../bench/shop/history.ts';
import type { Position } from '../../../event-store/port.ts';
import { createOrderedWriter } from '../../../event-store/postgres/ordered-writer.ts';
import { createRandom } from '../../../platform/testing/random.ts';
import { allProjections } from '../../all.ts';
import { createTestLog, type TestLog } from '../../testing/test-log.ts';
import { LaneLost } from '../checkpoints.ts';
import { createGeneration, type Generation, makeIndexes } from '../generations.ts';
import { freshLanes, type Lane } from '../lanes.ts';
import { modelOf } from '../models.ts';
import { tableOf } from '../table.ts';
import { inTransaction } from '../transaction.ts';
import type { Projection } from '../types.ts';
import { type FillContext, type FillOptions, fillLanes } from './fill.ts';

let log: TestLog;
let head: Position;
const never = new AbortController().signal;
const SMALL = { page: 97, betweenWrites: 300 };

beforeAll(async () => {
  log = await createTestLog();
  const writer = createOrderedWriter(log.database.url);
  await makeHistory({ writer, keys: log.keys, events: 2_500, seed: 7 });
  await writer.close();
  head = (await log.store.head()) as Position;
  await log.runtime().catchUp();
});
afterAll(() => log.close());

const context = (): FillContext => ({
  pool: log.database.pool,
  log: log.store,
  keys: log.keys,
  owner: 'test',
  onParked: () => undefined,
});

async function generationOf(projection: Projection): Promise<Generation> {
  const identity = await log.store.identity();
  return inTransaction(log.database.pool, (client) =>
    createGeneration(client, modelOf(projection), { state: 'scratch', identity }),
  );
}

async function lanesOf(projections: readonly Projection[]): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (const projection of projections) lanes.push(...freshLanes(projection, await generationOf(projection)));
  return lanes;
}

/** As Postgres prints them. */
async function textOf(projection: Projection, schema: string): Promise<string[]> {
  const table = tableOf(projection, schema);
  const { rows } = await log.database.pool.query<{ text: string }>(
    `select t::text as text from ${table} t order by ${projection.keyColumn}`,
  );
  return rows.map(({ text }) => text);
}

const fill = (lanes: readonly Lane[], options: Partial<FillOptions> = {}) =>
  fillLanes(context(), lanes, { upTo: () => head, signal: never, sizes: SMALL, ...options });

it('makes the same rows, to the byte, as following the log, also when it is stopped again and again', async () => {
  const random = createRandom(11);
  const lanes = await lanesOf(allProjections);
  for (let stops = 0; lanes.some(({ stored }) => stored !== head); stops++) {
    expect(stops).toBeLessThan(50);
    const stopping = new AbortController();
    let pages = stops > 8 ? Number.POSITIVE_INFINITY : 1 + random.below(6);
    const onProgress = () => {
      pages -= 1;
      if (pages <= 0) stopping.abort();
    };
    await fill(lanes, { signal: stopping.signal, onProgress });
    // As after a kill: what was only in memory is gone.
    for (const lane of lanes) lane.reached = lane.stored;
  }
  for (const projection of allProjections) {
    const { generation } = lanes.find((lane) => lane.projection === projection) as Lane;
    const followed = await textOf(projection, 'projections');
    expect(followed.length + (projection.name === 'audit' ? 1 : 0)).toBeGreaterThan(0);
    expect(await textOf(projection, generation.schema)).toEqual(followed);
  }
});

it('ends each lane exactly where it should, and leaves alone those that are there or beyond', async () => {
  const carts = allProjections.find(({ name }) => name === 'carts') as Projection;
  const [first, second] = (await lanesOf([carts])) as [Lane, Lane];
  const middle = (await log.store.readAll({ after: null, limit: 1_000 })).events.at(-1)?.position as Position;
  await fill([first, second], { upTo: (lane) => (lane === first ? middle : head) });
  await fill([first, second], { upTo: (lane) => (lane === first ? null : middle) });
  expect([first.stored, second.stored]).toEqual([middle, head]);
  const { rows } = await log.database.pool.query(
    `select lane, position, event_id from projections.checkpoints where name = 'carts' and generation = $1 order by lane`,
    [first.generation.generation],
  );
  expect(rows).toEqual([
    { lane: 0, position: middle, event_id: (await log.store.eventAt(middle))?.id },
    { lane: 1, position: head, event_id: (await log.store.eventAt(head))?.id },
  ]);
});

it('has the indexes of what is read only once they are made, and may be given them again', async () => {
  const orders = allProjections.find(({ name }) => name === 'orders') as Projection;
  const indexesOf = async (schema: string) => {
    const { rows } = await log.database.pool.query<{ made: string }>(
      `select replace(indexdef, schemaname || '.', '') as made from pg_indexes where schemaname = $1 order by 1`,
      [schema],
    );
    return rows.map(({ made }) => made);
  };
  const generation = await generationOf(orders);
  expect(await indexesOf(generation.schema)).toHaveLength(1);
  const make = () => inTransaction(log.database.pool, (client) => makeIndexes(client, generation, modelOf(orders)));
  await make();
  await make();
  expect(await indexesOf(generation.schema)).toEqual(await indexesOf('gen_orders_1'));
});

it('writes nothing once another process has taken a lane', async () => {
  const carts = allProjections.find(({ name }) => name === 'carts') as Projection;
  const lanes = await lanesOf([carts]);
  const generation = lanes[0]?.generation as Generation;
  let pages = 0;
  const onProgress = () => {
    pages += 1;
    if (pages === 2) taking = take();
  };
  const take = () =>
    log.database.pool.query(
      `update projections.checkpoints set owner_epoch = owner_epoch + 1 where name = 'carts' and generation = $1`,
      [generation.generation],
    );
  let taking: Promise<unknown> = Promise.resolve();
  await expect(fill(lanes, { onProgress })).rejects.toThrow(LaneLost);
  await taking;
  const { rows } = await log.database.pool.query(
    `select max(t.position) <= max(c.position) as whole from ${tableOf(carts, generation.schema)} t, projections.checkpoints c
     where c.name = 'carts' and c.generation = $1`,
    [generation.generation],
  );
  expect(rows[0]?.whole).not.toBe(false);
});

it.each([
  { what: 'throws', name: undefined },
  { what: 'makes what Postgres does not take', name: 'half a \ud83d' },
])(
  'parks an event whose projector $what, with what comes after it for the row; all else is filled',
  async ({ name }) => {
    const users = allProjections.find((projection) => projection.name === 'users') as Projection;
    const bad = (await log.database.pool.query('select user_id from projections.users order by 1 limit 1')).rows[0]
      ?.user_id;
    const broken: Projection = {
      ...users,
      project(event, row, key) {
        const next = users.project(event, row, key);
        if (key !== bad) return next;
        if (name === undefined) throw new Error('cannot show this');
        return { ...next, name };
      },
    };
    const lanes = await lanesOf([broken]);
    await fill(lanes);
    const schema = lanes[0]?.generation.schema ?? '';
    const followed = await textOf(users, 'projections');
    expect(await textOf(users, schema)).toEqual(followed.filter((text) => !text.includes(bad)));
    const { rows } = await log.database.pool.query(
      'select key from projections.parked where name = $1 and generation = $2',
      ['users', lanes[0]?.generation.generation],
    );
    expect(rows).toEqual([{ key: bad }]);
  },
);
