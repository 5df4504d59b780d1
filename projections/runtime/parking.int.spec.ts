/** An event that cannot be applied is parked for its row alone: all else goes on, and what is parked comes level again. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { isErased } from '../../domain/sealed.ts';
import type { EventMetadata, Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { until } from '../../platform/testing/until.ts';
import { ordersProjection } from '../orders/projection.ts';
import { searchModel } from '../search/model.ts';
import { bustle } from '../testing/bustle.ts';
import { rebuilt } from '../testing/rebuilt.ts';
import { type Told, told } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { findParked, listParked, type ParkedItem, wishParked } from './parked-items.ts';
import type { ProjectionRuntime } from './runtime.ts';
import type { DerivedModel, ProjectedEvent, Projection } from './types.ts';

const orders = ordersProjection as unknown as Projection;
const LEVEL = { ok: true };
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

/** Orders alone, broken for as long as `broken` says so of an event. */
function ordersBut(broken: (event: ProjectedEvent, key: string) => boolean, owner = 'one') {
  const sick: Projection = {
    ...orders,
    project(event, row, key) {
      if (broken(event, key)) throw new Error(`cannot apply ${event.type}`);
      return orders.project(event, row, key);
    },
  };
  return log.runtime({ projections: [sick], derived: [], owner });
}

const pool = () => log.database.pool;
const parked = () => listParked(pool(), { limit: 100 });
const rowsOf = async (projection: Projection) => {
  const { table, keyColumn } = projection;
  return (await pool().query(`select * from projections.${table} order by ${keyColumn} collate "C"`)).rows;
};
const orderIds = (events: readonly Told[]) =>
  events.flatMap(({ type, data }) => (type === 'OrderPlaced' && 'orderId' in data ? [data.orderId] : []));

async function level(runtime: ProjectionRuntime): Promise<void> {
  const head = (await log.store.head()) as Position;
  await until(async () => (await runtime.status()).every(({ position }) => position === head));
}

async function onlyParked(): Promise<ParkedItem> {
  const items = await parked();
  expect(items).toHaveLength(1);
  return items[0] as ParkedItem;
}

async function wish(id: string, what: Parameters<typeof wishParked>[2]): Promise<void> {
  expect(await wishParked(pool(), id, what)).toBe('noted');
}

it('parks one order, shows it, lets all others go on, and brings it level when it is tried again after the mend', async () => {
  const events = await bustle(log, 12);
  const [poison = ''] = orderIds(events).slice(5);
  const last = events.findLastIndex((event) => event.stream === `order-${poison}`);
  let sick = true;
  const running = ordersBut((event, key) => sick && key === poison && event.type === 'OrderPlaced');
  await running.start();
  await log.tell(events.slice(0, last));
  await until(async () => (await parked()).length === 1);
  // What comes for it later waits too.
  const position = await log.tell(events.slice(last));
  await level(running);
  expect(running.health()).toEqual({ ok: true, problems: [] });
  expect((await rowsOf(orders)).filter((row) => row.status === 'confirmed')).toHaveLength(11);
  const item = await onlyParked();
  const where = { name: 'orders', key: poison, type: 'OrderPlaced', stream: `order-${poison}` };
  expect(item).toMatchObject({ ...where, error: 'cannot apply OrderPlaced', attempts: 3, wish: null });
  expect(item.stack).toContain('parking.int.spec.ts');
  expect(item.waiting).toBeGreaterThan(1);
  expect((await running.status()).reduce((sum, lane) => sum + lane.parked, 0)).toBe(1 + item.waiting);
  // It fails again: it stays, and is counted.
  await wish(item.id, { wish: 'retry', by: 'test' });
  await until(async () => (await findParked(pool(), item.id))?.attempts === 4);
  const again = await findParked(pool(), item.id);
  expect(again).toEqual({ ...item, stack: again?.stack, attempts: 4 });
  sick = false;
  await wish(item.id, { wish: 'retry', by: 'test' });
  await until(async () => (await parked()).length === 0);
  await level(running);
  expect(await running.waitFor(position, ['orders'], 0)).toEqual(LEVEL);
  expect((await running.status()).map((lane) => lane.parked)).toEqual([0, 0]);
  expect(await rowsOf(orders)).toEqual(await rebuilt(log, orders));
});

it('names what is parked to readers who wait for it, and to no others', async () => {
  const events = await bustle(log, 4);
  const [poison = '', healthy = ''] = orderIds(events);
  const running = ordersBut((event, key) => key === poison && event.type === 'OrderConfirmed');
  await running.start();
  await log.tell(events);
  await level(running);
  const { id, position } = await onlyParked();
  const heldUp = { ok: false, reached: position, parked: { projection: 'orders', key: poison, id } };
  expect(await running.waitFor(position, ['orders'], 60_000)).toEqual(heldUp);
  // From the table as well.
  expect(await log.runtime({ projections: [orders], derived: [] }).waitFor(position, ['orders'], 60_000)).toEqual(
    heldUp,
  );
  const placed = (await log.store.read(`order-${healthy}`)).at(-1)?.position as Position;
  expect(await running.waitFor(placed, ['orders'], 60_000)).toEqual(LEVEL);
  // Of the same request, although nothing of it is parked itself.
  const { metadata } = (await log.store.eventAt(position)) as { metadata: object };
  const later = { id: newId(), type: 'Other', data: {}, metadata: metadata as never };
  const { position: after } = await log.store.append(`other-${newId()}`, [later], 'no-stream');
  expect(await running.waitFor(after, ['orders'], 60_000)).toEqual({ ...heldUp, reached: after });
});

it('keeps what is parked over a take-over, and brings it level at a start with mended code', async () => {
  const events = await bustle(log, 8);
  const [poison = ''] = orderIds(events).slice(2);
  const broken = (event: ProjectedEvent, key: string) => key === poison && event.type === 'CartCheckedOut';
  const first = ordersBut(broken, 'first');
  await first.start();
  await log.tell(events.slice(0, Math.floor(events.length / 2)));
  await level(first);
  const before = await onlyParked();
  await first.stop();
  const second = ordersBut(broken, 'second');
  await second.start();
  // Tried once when the lane was taken.
  await until(async () => (await onlyParked()).attempts === 4);
  await log.tell(events.slice(Math.floor(events.length / 2)));
  await level(second);
  expect(await onlyParked()).toMatchObject({ id: before.id, position: before.position, error: before.error });
  await second.stop();
  const mended = ordersBut(() => false, 'third');
  await mended.start();
  await until(async () => (await parked()).length === 0);
  await level(mended);
  expect(await rowsOf(orders)).toEqual(await rebuilt(log, orders));
});

it('goes on without an event that is skipped, keeps why, and leaves it out of a rebuild without asking', async () => {
  const events = await bustle(log, 6);
  const [poison = ''] = orderIds(events).slice(3);
  const broken = (event: ProjectedEvent, key = poison) => key === poison && event.type === 'OrderConfirmed';
  const sick = ordersBut(broken);
  await sick.start();
  await log.tell(events);
  await level(sick);
  const { id, position, waiting } = await onlyParked();
  expect(waiting).toBeGreaterThan(0);
  await wish(id, { wish: 'skip', reason: 'settled by hand', by: 'cli:test' });
  await until(async () => (await parked()).length === 0);
  const { rows: kept } = await pool().query('select name, key, position, reason, skipped_by from projections.skipped');
  expect(kept).toEqual([{ name: 'orders', key: poison, position, reason: 'settled by hand', skipped_by: 'cli:test' }]);
  const expected = await rebuilt(log, orders, (event) => event.position === position);
  await until(async () => (await sick.status()).every((lane) => lane.parked === 0));
  expect(await rowsOf(orders)).toEqual(expected);
  expect(await wishParked(pool(), id, { wish: 'skip', reason: 'twice', by: 'cli:test' })).toBe('unknown');
  await sick.stop();
  await pool().query(
    `truncate ${(await pool().query('select schema_name from projections.generations')).rows[0].schema_name}.orders`,
  );
  await pool().query('update projections.checkpoints set position = null, event_id = null');
  // As after a move to another log.
  await pool().query(`update projections.skipped set position = 'elsewhere'`);
  await ordersBut(broken).catchUp();
  expect(await parked()).toEqual([]);
  expect(await rowsOf(orders)).toEqual(expected);
});

it('parks an event that cannot be read: for its row where that is known, else for its stream', async () => {
  const events = await bustle(log, 5);
  const [sealed = '', newer = ''] = orderIds(events);
  const lost = new Set<string>();
  const keys: typeof log.keys = {
    ...log.keys,
    async openAll(data) {
      if (data.some((each) => lost.has((each as { orderId?: string } | undefined)?.orderId ?? '') && !isErased(each)))
        throw new Error('there is no key');
      return log.keys.openAll(data);
    },
  };
  lost.add(sealed);
  const running = log.runtime({ projections: [orders], derived: [], keys });
  await running.start();
  const placed = events.findIndex((event) => event.stream === `order-${newer}`);
  await log.tell(events.slice(0, placed + 1));
  // One in the middle is from a version of the shop that is yet to come.
  const { metadata } = (await log.store.read(`order-${newer}`))[0] as { metadata: EventMetadata };
  const confirmed = events.find((event) => event.type === 'OrderConfirmed' && event.stream === `order-${newer}`);
  const next = [
    { id: newId(), type: 'OrderRejected', data: { because: 1 }, metadata: { ...metadata, schemaVersion: 99 } },
    { id: newId(), type: 'OrderConfirmed', data: { ...confirmed?.data }, metadata },
  ];
  await log.store.append(`order-${newer}`, next, 0);
  await log.tell(events.slice(placed + 1).filter((event) => event.stream !== `order-${newer}`));
  await level(running);
  const items = await parked();
  // Either lane holds up what it gets of the stream.
  expect(items.map(({ key, error }) => [key, error]).sort()).toEqual(
    [
      [sealed, 'there is no key'],
      [`stream:order-${newer}`, 'cannot decode OrderRejected version 99: written by a newer Souk'],
      [`stream:order-${newer}`, 'cannot decode OrderRejected version 99: written by a newer Souk'],
    ].sort(),
  );
  expect((await rowsOf(orders)).find((row) => row.order_id === newer).status).toBe('placed');
  lost.clear();
  for (const { id, key } of items) {
    if (key === sealed) await wish(id, { wish: 'retry', by: 'test' });
  }
  const stream = items.find(({ key }) => key !== sealed) as ParkedItem;
  await wish(stream.id, { wish: 'skip', reason: 'of a newer version', by: 'test' });
  await until(async () => (await parked()).length === 0);
  await level(running);
  expect((await rowsOf(orders)).find((row) => row.order_id === newer).status).toBe('confirmed');
  const skipped = ({ position }: ProjectedEvent) => position === stream.position;
  expect(await rowsOf(orders)).toEqual(await rebuilt(log, orders, skipped));
});

it('parks nothing twice and loses nothing when its connections are cut again and again', async () => {
  const events = await bustle(log, 20);
  const ids = orderIds(events);
  let sick = true;
  // Every third order, some of them more than once, and now and then they come to themselves.
  const running = ordersBut((event, key) => sick && ids.indexOf(key) % 3 === 0 && event.position.endsWith('3'));
  await running.start();
  let done = false;
  const cutting = (async () => {
    for (let turn = 0; !done; turn++) {
      await pool().query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'souk-projections' and datname = current_database()`,
      );
      await pool().query(`update projections.parked set wish = 'retry' where error is not null`);
      sick = turn % 4 !== 3;
      await delay(60);
    }
  })();
  await log.tell(events);
  done = true;
  await cutting;
  sick = true;
  await level(running);
  const { rows } = await pool().query(
    `select lane, parked, (select count(*)::int from projections.parked p where p.lane = c.lane) as there
     from projections.checkpoints c`,
  );
  for (const { parked: told, there } of rows) expect(told).toBe(there);
  sick = false;
  await pool().query(`update projections.parked set wish = 'retry' where error is not null`);
  await until(async () => (await parked()).length === 0);
  await until(async () => (await running.status()).every((lane) => lane.parked === 0));
  expect(await rowsOf(orders)).toEqual(await rebuilt(log, orders));
});

it('finds the row that Postgres refuses in a batch of many, also among the rows of one event', async () => {
  const pairs = {
    name: 'pairs',
    version: 1,
    table: 'pairs',
    keyColumn: 'id',
    category: 'none',
    columns: { id: 'text', seen: 'integer' },
    wants: ['StockAdjusted'],
    keys: ({ data }: ProjectedEvent<'StockAdjusted'>) => ['a', 'b', 'c', 'd', data.variantId],
    project: ({ data }: ProjectedEvent<'StockAdjusted'>, row: { seen: number } | undefined, id: string) => {
      // Too large for its column, in the middle of it all, and one row alone.
      return { id, seen: data.delta === 77 && id === 'b' ? 2 ** 40 : (row?.seen ?? 0) + 1 };
    },
  } as unknown as Projection;
  const stock = (delta: number) => {
    const variantId = newId();
    return told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta, reason: 'counted' });
  };
  const events = Array.from({ length: 60 }, (_, n) => stock(n === 33 ? 77 : 1));
  await log.tell(events);
  const running = log.runtime({ projections: [pairs], derived: [] });
  await running.start();
  await level(running);
  const item = await onlyParked();
  expect(item).toMatchObject({ key: 'b', error: expect.stringContaining('out of range'), attempts: 3, waiting: 26 });
  const seen = new Map((await rowsOf(pairs)).map((row) => [row.id, row.seen]));
  expect(['a', 'b', 'c', 'd'].map((key) => seen.get(key))).toEqual([60, 33, 60, 60]);
  expect(seen.size).toBe(64);
  await wish(item.id, { wish: 'skip', reason: 'too large', by: 'test' });
  await until(async () => (await parked()).length === 0);
  expect((await rowsOf(pairs)).find((row) => row.id === 'b').seen).toBe(59);
});

it('parks a product whose search document cannot be built, and builds all others', async () => {
  const events = await bustle(log, 9);
  const products = events.flatMap(({ type, data }) => (type === 'ProductPublished' ? [data.productId] : []));
  const [poison = ''] = products.slice(4);
  let sick = true;
  const search: DerivedModel = {
    ...searchModel,
    async build(client, work) {
      if (sick && work.some((item) => searchModel.keyOf(item as never) === poison)) throw new Error('no such words');
      return searchModel.build(client, work as never);
    },
  };
  const running = log.runtime({ derived: [search] });
  await running.start();
  await log.tell(events);
  await level(running);
  expect(running.health().ok).toBe(true);
  const item = await onlyParked();
  expect(item).toMatchObject({ name: 'search', key: poison, eventId: null, error: 'no such words', waiting: 0 });
  const found = async () => (await pool().query('select product_id from projections.search_documents')).rows;
  const others = await found();
  expect(others).toHaveLength(6);
  expect((await running.status()).find(({ name }) => name === 'search')).toMatchObject({ state: 'live', parked: 1 });
  await wish(item.id, { wish: 'retry', by: 'test' });
  await until(async () => (await findParked(pool(), item.id))?.attempts === 4);
  sick = false;
  await wish(item.id, { wish: 'retry', by: 'test' });
  await until(async () => (await parked()).length === 0);
  expect(await found()).toHaveLength(7);
});
