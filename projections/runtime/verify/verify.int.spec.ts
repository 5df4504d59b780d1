/** Rows are compared with what the log makes of them while the shop goes on; a row changed by hand is found and named. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Position } from '../../../event-store/port.ts';
import { createLogger } from '../../../platform/logging/logger.ts';
import { until } from '../../../platform/testing/until.ts';
import { allDerived, allProjections } from '../../all.ts';
import { inventoryProjection } from '../../inventory/projection.ts';
import { ordersProjection } from '../../orders/projection.ts';
import { bustle } from '../../testing/bustle.ts';
import { EMAIL } from '../../testing/purchase.ts';
import { createTestLog, type TestLog } from '../../testing/test-log.ts';
import { createProjectionControl } from '../control.ts';
import { ReplayRefused, replayInto } from '../replay-into.ts';
import type { ProjectionRuntime } from '../runtime.ts';
import type { ScratchContext } from '../scratch.ts';
import type { Projection } from '../types.ts';
import { listVerifications } from './requests.ts';
import { type VerifyOptions, verifyProjection } from './verify.ts';

const inventory = inventoryProjection as Projection;
const orders = ordersProjection as Projection;
let log: TestLog;
let context: ScratchContext;
let running: ProjectionRuntime;

beforeAll(async () => {
  log = await createTestLog();
  const { store, keys, database } = log;
  context = {
    pool: database.pool,
    log: store,
    keys,
    logger: createLogger({ name: 'test', level: 'silent' }),
    owner: 'verifier',
  };
  await log.tell(await bustle(log, 30));
  running = log.runtime();
  await running.start();
  await atHead();
});
afterAll(() => log.close());

async function atHead(): Promise<void> {
  const head = (await log.store.head()) as Position;
  const names = allProjections.map(({ name }) => name);
  expect(await running.waitFor(head, names, 30_000)).toEqual({ ok: true });
}

async function verified(projection: Projection, options?: VerifyOptions) {
  const result = await verifyProjection(context, projection, options);
  if (!result) throw new Error('verification was interrupted');
  return result;
}

it('finds every projection equal, also while events keep coming', async () => {
  const told = log.tell(await bustle(log, 10));
  for (const projection of allProjections) {
    const { equal, differences } = await verified(projection);
    expect({ name: projection.name, equal, differences }).toEqual({
      name: projection.name,
      equal: true,
      differences: [],
    });
  }
  await told;
  await atHead();
  const { rows } = await log.database.pool.query(
    `select (select count(*)::int from projections.orders) as rows,
       (select count(*)::int from projections.generations where state = 'scratch') as left`,
  );
  expect(rows).toEqual([{ rows: 40, left: 0 }]);
  expect(await verified(orders)).toMatchObject({ rows: 40, equal: true, parked: 0 });
});

it('names a row that was changed, one that is gone and one too many, and the events that should have made it', async () => {
  const { pool } = log.database;
  const { rows } = await pool.query<{ key: string }>(
    'select variant_id as key from projections.inventory order by 1 limit 2',
  );
  const [changed, gone] = rows.map(({ key }) => key) as [string, string];
  await pool.query('update projections.inventory set on_hand = on_hand + 5 where variant_id = $1', [changed]);
  // Renamed, it is one that is missing and one that should not be there.
  await pool.query(`update projections.inventory set variant_id = 'zzz' where variant_id = $1`, [gone]);
  try {
    const result = await verified(inventory);
    expect(result).toMatchObject({ equal: false, differing: 3, rows: 40 });
    const byKey = new Map(result.differences.map((difference) => [difference.key, difference]));
    const { on_hand } = await stockOf(changed);
    expect(byKey.get(changed)).toMatchObject({
      kind: 'changed',
      columns: [{ column: 'on_hand', live: on_hand, expected: on_hand - 5 }],
    });
    expect(byKey.get(gone)?.kind).toBe('missing');
    expect(byKey.get('zzz')).toMatchObject({ kind: 'extra', events: [] });
    const events = await log.store.read(`inventory-${changed}`);
    expect(byKey.get(changed)?.events.map(({ position }) => position)).toEqual(events.map(({ position }) => position));
    expect((await verified(inventory, { sample: 1_000 })).differing).toBe(2);
  } finally {
    await pool.query('update projections.inventory set on_hand = on_hand - 5 where variant_id = $1', [changed]);
    await pool.query(`update projections.inventory set variant_id = $1 where variant_id = 'zzz'`, [gone]);
  }
  expect((await verified(inventory)).equal).toBe(true);
});

it('compares as many rows as it was asked to, chosen at random', async () => {
  expect(await verified(orders, { sample: 7 })).toMatchObject({ rows: 7, equal: true });
});

it('answers what was asked for over HTTP, and keeps no values of rows', async () => {
  const { pool } = log.database;
  const { store } = log;
  const models = { projections: allProjections, derived: allDerived };
  const control = createProjectionControl({ ...models, database: log.database, log: store });
  await pool.query(
    `update projections.orders set email = 'eve@example.com' where order_id = (select min(order_id) from projections.orders)`,
  );
  const asked = [
    await control.requestVerify('orders', {}, 'user:1'),
    await control.requestVerify('search', {}, 'user:1'),
  ];
  const answered = await until(async () => {
    const all = await listVerifications(pool, { limit: 10 });
    return all.every(({ state }) => state === 'done' || state === 'failed') && all;
  });
  expect(answered.map(({ id }) => id).sort()).toEqual(asked.sort());
  const [orders] = await listVerifications(pool, { name: 'orders', limit: 1 });
  expect(orders).toMatchObject({ state: 'done', by: 'user:1', result: { equal: false, differing: 1 } });
  expect(orders?.result?.differences[0]).toMatchObject({ kind: 'changed', columns: ['email'] });
  expect(JSON.stringify(orders)).not.toContain('example.com');
  expect(answered.find(({ name }) => name === 'search')).toMatchObject({ state: 'failed', result: null });
  await pool.query(`update projections.orders set email = $1 where email = 'eve@example.com'`, [EMAIL]);
});

it('makes a read model as it stood, goes on where it was interrupted, and keeps out of the way of what is there', async () => {
  const { pool } = log.database;
  const all = await log.store.readAll({ after: null, limit: 10_000 });
  const upTo = all.events[Math.floor(all.events.length / 3)]?.position as Position;
  const placed = all.events.filter(({ type, position }) => type === 'CartCheckedOut' && position <= upTo);
  const into = (schema: string, at: Position, signal?: AbortSignal) =>
    replayInto(context, orders, { schema, upTo: at, signal });

  expect(await into('as_it_was', upTo, AbortSignal.abort())).toBeUndefined();
  expect(await into('as_it_was', upTo)).toBe(placed.length);
  const { rows } = await pool.query<{ order_id: string; position: Position }>(
    'select order_id, position from as_it_was.orders',
  );
  expect(rows.map(({ order_id }) => order_id).sort()).toEqual(
    placed.map(({ data }) => (data.terms as { orderId: string }).orderId).sort(),
  );
  expect(rows.every(({ position }) => position <= upTo)).toBe(true);
  await expect(into('as_it_was', upTo)).rejects.toThrow(ReplayRefused);
  await expect(into('projections', upTo)).rejects.toThrow("the shop's own");
  await expect(into('a; drop schema log', upTo)).rejects.toThrow('no name for a schema');
  // What was begun for a later time cannot become an earlier one.
  const head = (await log.store.head()) as Position;
  const stopping = new AbortController();
  await replayInto(context, orders, {
    schema: 'later',
    upTo: head,
    signal: stopping.signal,
    onProgress: () => stopping.abort(),
  });
  await expect(into('later', upTo)).rejects.toThrow('come past that time');
});

async function stockOf(variantId: string): Promise<{ on_hand: number }> {
  const { rows } = await log.database.pool.query('select on_hand from projections.inventory where variant_id = $1', [
    variantId,
  ]);
  return rows[0];
}
