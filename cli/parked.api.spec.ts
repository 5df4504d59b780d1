/** `souk parked`, run as people run it, on a shop that nothing else runs on: the command itself carries out what is wished. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { EventMetadata, EventStore } from '../event-store/port.ts';
import { newId } from '../platform/ids.ts';
import { createPostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { allDerived, allProjections } from '../projections/all.ts';
import { createProjectionRuntime } from '../projections/runtime/runtime.ts';
import { openShopEngines, type ShopEngines } from '../test/support/shop-engines.ts';
import { answerOf } from './testing/cli-shop.ts';
import { runSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const [mended, lost] = [newId(), newId()];
let test: ShopEngines;
let log: EventStore;
let env: Record<string, string>;

/** An order is confirmed that was never placed: there is no row for it. */
async function confirm(orderId: string): Promise<void> {
  const at = new Date().toISOString();
  const ids = { $correlationId: newId(), $causationId: newId(), commandId: newId() };
  const metadata: EventMetadata = { ...ids, actor: 'cli:test', occurredAt: at, recordedAt: at, schemaVersion: 1 };
  const event = { id: newId(), type: 'OrderConfirmed', data: { orderId, cartId: newId() }, metadata };
  await log.append(`order-${orderId}`, [event], 'no-stream');
}

beforeAll(async () => {
  test = await openShopEngines();
  const masterKey = randomBytes(32);
  env = { ...test.settings, SOUK_MASTER_KEY: masterKey.toString('hex'), SOUK_ACTOR: 'ops' };
  log = await test.openLog(logger);
  for (const orderId of [mended, lost]) await confirm(orderId);
  const keys = await createPostgresKeyStore({ database: test.database, masterKey });
  const models = { projections: allProjections, derived: allDerived };
  await createProjectionRuntime({ log, database: test.database, keys, logger, ...models }).catchUp();
});
afterAll(async () => {
  await log.close();
  await test.close();
});

const souk = (...args: string[]) => runVerb(['parked', ...args], env);
const ofOrders = (items: readonly { name: string; key: string }[], key: string) =>
  items.find((item) => item.name === 'orders' && item.key === key) as unknown as { id: string };

it('lists what is parked, shows one, tries all again, and skips one for a reason that is kept', async () => {
  const listed = await runSouk(['parked', 'list', '--name', 'orders', '--json'], env);
  expect(listed.code).toBe(0);
  const where = { name: 'orders', type: 'OrderConfirmed', attempts: 3, waiting: 0, wish: null };
  const error = (key: string) => `OrderConfirmed finds no row ${key}`;
  expect(answerOf(listed)).toMatchObject([
    { ...where, key: mended, stream: `order-${mended}`, error: error(mended) },
    { ...where, key: lost, stream: `order-${lost}`, error: error(lost) },
  ]);
  const { id } = ofOrders(answerOf(listed), lost);
  const shown = answerOf(await souk('show', id, '--json'));
  expect(shown).toMatchObject({ ...where, id, key: lost, event: { type: 'OrderConfirmed', stream: `order-${lost}` } });
  expect(shown.stack).toContain('finds no row');
  expect(shown.event.position).toBe(shown.position);

  await test.database.pool.query(
    `insert into projections.orders (order_id, status, revision, position) values ($1, 'placed', -1, '')`,
    [mended],
  );
  const ids = answerOf(listed).map((item: { id: string }) => item.id);
  const retried = await souk('retry', ...ids, '--json');
  expect(retried.code).toBe(1);
  expect(answerOf(retried)).toEqual([
    { id: ofOrders(answerOf(listed), mended).id, name: 'orders', key: mended, outcome: 'level', error: null },
    { id, name: 'orders', key: lost, outcome: 'failed', error: error(lost) },
  ]);
  const { rows } = await test.database.pool.query('select order_id, status from projections.orders');
  expect(rows).toEqual([{ order_id: mended, status: 'confirmed' }]);

  const skipped = await souk('skip', id, '--reason', 'never placed', '--json');
  expect(skipped).toMatchObject({ code: 0, stderr: '' });
  expect(answerOf(skipped)).toMatchObject([{ id, outcome: 'level' }]);
  const { rows: kept } = await test.database.pool.query('select key, reason, skipped_by from projections.skipped');
  expect(kept).toEqual([{ key: lost, reason: 'never placed', skipped_by: 'cli:ops' }]);
  const { events } = await log.readAll({ after: null, filter: { types: ['OperationRecorded'] } });
  expect(events.map(({ data }) => [data.action, data.subject])).toEqual([
    ...ids.map((each: string) => ['parked.retry', each]),
    ['parked.skip', id],
  ]);
});

it('says what is wrong with what it was asked', async () => {
  const unknown = newId();
  expect(await souk('show', unknown)).toMatchObject({
    code: 1,
    stderr: `Nothing is parked as ${unknown}. souk parked list tells what is.\n`,
  });
  expect(await souk('retry')).toMatchObject({
    code: 2,
    stderr: 'Name what is to be tried again by id, or say --all.\n',
  });
});
