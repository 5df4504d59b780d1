/** `souk events copy` as people type it: a shop with orders in flight is moved, goes on, and does nothing twice. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SHOP_TABLES } from '../composition/moving/shop-tables.ts';
import { type RunningProcess, startProcess } from '../composition/process.ts';
import type { StoredEvent } from '../event-store/port.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { randomRuns } from '../event-store/testing/random-log.ts';
import { loadConfig, type Role } from '../platform/config/config.ts';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import { until } from '../platform/testing/until.ts';
import { type EventStoreServer, openEventStoreServer } from '../test/support/event-store-server.ts';
import { type As, type Client, createClient, type Json, type Reply } from '../write-api/testing/client.ts';
import { addCategory, logInAdmin, openSeller, type Person, type Seller, sell } from '../write-api/testing/people.ts';
import { answerOf } from './testing/cli-shop.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

const admin = { email: 'admin@souk.test', password: 'admin password' };
const secrets = {
  SOUK_MASTER_KEY: randomBytes(32).toString('hex'),
  SOUK_ADMIN_EMAIL: admin.email,
  SOUK_ADMIN_PASSWORD: admin.password,
};
const logger = createLogger({ name: 'test', level: 'silent' });

type Shop = Client & { readonly admin: typeof admin; readonly process: RunningProcess; stop(): Promise<void> };

async function open(env: Readonly<Record<string, string>>, role: Role = 'all'): Promise<Shop> {
  const settings = { ...secrets, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'silent', SOUK_SEED: 'none', ...env };
  const process = await startProcess({ config: loadConfig(settings, role), logger });
  return {
    ...createClient(process.url),
    admin,
    process,
    async stop() {
      for (const step of process.stopSteps) await step.run();
    },
  };
}

describe('a shop with orders in flight', () => {
  let old: TestDatabase;
  let next: TestDatabase;
  let eventStore: EventStoreServer;
  let seller: Seller;
  let categoryId: string;
  const orders: Record<string, { orderId: string; cart: As; key: string; body: Json }> = {};
  beforeAll(async () => {
    [old, next] = [await createTestDatabase(), await createTestDatabase()];
    eventStore = await openEventStoreServer();
  });
  afterAll(async () => {
    await eventStore.close();
    await Promise.all([old.drop(), next.drop()]);
  });

  const shippingAddress = { name: 'Pat', line1: '1 Main St', city: 'Austin', postalCode: '78701', country: 'US' };
  async function buy(shop: Shop, name: string, token: string): Promise<Reply> {
    const { variantId } = await sell(shop, { seller, categoryId });
    const cart = await shop.done('POST /carts', { body: {} });
    await shop.done(`POST /carts/${cart.cartId}/items`, { as: cart, body: { variantId, quantity: 1 } });
    const key = newId();
    const body = { email: 'pat@example.com', shippingAddress, payment: { method: 'card', token } };
    const headers = { 'idempotency-key': key, prefer: 'wait=1' };
    const reply = await shop.call(`POST /carts/${cart.cartId}/checkout`, { as: cart, body, headers });
    orders[name] = { orderId: reply.body.orderId, cart, key, body };
    return reply;
  }
  const order = (name: string) => orders[name] as (typeof orders)[string];
  const statusOf = async (shop: Shop, name: string): Promise<Json> =>
    (await shop.call(`GET /orders/${order(name).orderId}`, { as: order(name).cart })).body;
  const ended = (shop: Shop, name: string, status: string) =>
    until(async () => (await statusOf(shop, name))?.status === status);
  async function endsOf(shop: Shop, name: string): Promise<readonly string[]> {
    const events = await shop.process.engines.store.read(`order-${order(name).orderId}`);
    return events.map(({ type }) => type).filter((type) => /Confirmed|Rejected|Cancelled/.test(type));
  }
  const copy = (env: Readonly<Record<string, string>>, from: string, to: string, run = runVerb) =>
    run(['events', 'copy', '--from', from, '--to', to, '--json'], { ...secrets, ...env });

  it('is moved to another database with one command', async () => {
    const hurried = await open({ DATABASE_URL: old.url, SOUK_CHECKOUT_DEADLINE_S: '15' });
    seller = await openSeller(hurried, await logInAdmin(hurried));
    categoryId = await addCategory(hurried, await logInAdmin(hurried));
    expect((await buy(hurried, 'forgotten', 'tok_3ds')).body.status).toBe('action_required');
    await hurried.stop();
    const shop = await open({ DATABASE_URL: old.url });
    expect((await buy(shop, 'paid', 'tok_visa')).body.status).toBe('confirmed');
    expect((await buy(shop, 'challenged', 'tok_3ds')).body.status).toBe('action_required');
    expect((await buy(shop, 'slow', 'tok_slow')).body.status).toBe('placed');
    await shop.stop();

    await old.database.pool.query(
      `insert into projections.skipped (name, key, position, event_id, reason, skipped_by)
       values ('orders', 'a', '1', 'e', 'settled by hand', 'cli:test')`,
    );
    const env = { DATABASE_URL: old.url };
    const done = await copy(env, old.url, next.url, runSouk);
    expect({ ...done, stdout: '' }).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    const report = answerOf(done);
    expect(Object.keys(report)).toEqual('events streams copied seconds perSecond hash equal sealed'.split(' '));
    expect(report).toMatchObject({ equal: true, sealed: true, copied: report.events });
    const { rows: skipped } = await next.database.pool.query('select event_id, reason from projections.skipped');
    expect(skipped).toEqual([{ event_id: 'e', reason: 'settled by hand' }]);
    // Given again it finds everything as it should be.
    expect(answerOf(await copy(env, old.url, next.url))).toMatchObject({ copied: 0, equal: true, hash: report.hash });
  });

  it('is not moved again once it has started on the copy, as who signed in there would be signed out', async () => {
    const shop = await open({ DATABASE_URL: next.url }, 'projections');
    await shop.stop();
    const again = await copy({ DATABASE_URL: old.url }, old.url, next.url);
    expect([again.code, again.stdout, again.stderr]).toEqual([1, '', expect.stringMatching(/started on the target/)]);
    // What goes on where it was, once it is unsealed, may be brought after.
    expect((await runVerb(['events', 'unseal', '--log', old.url], secrets)).code).toBe(0);
    expect(answerOf(await copy({ DATABASE_URL: old.url }, old.url, next.url))).toMatchObject({
      equal: true,
      sealed: true,
    });
  });

  it('takes no writes where it was, and says why', async () => {
    const shop = await open({ DATABASE_URL: old.url });
    const refused = await shop.call('POST /carts', { body: {} });
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: expect.stringMatching(/moved/) },
    });
    await shop.stop();
  });

  it('goes on where it is now: every order ends once, no card is charged twice, who was signed in still is', async () => {
    const shop = await open({ DATABASE_URL: next.url });
    const { refreshToken } = seller as Person;
    expect(await shop.call('POST /auth/refresh', { body: { refreshToken } })).toMatchObject({ status: 200 });
    const { cart, key, body, orderId } = order('paid');
    const headers = { 'idempotency-key': key };
    const path = `POST /carts/${(cart as Json).cartId}/checkout`;
    const replay = await shop.call(path, { as: cart, body, headers });
    expect(replay).toMatchObject({ status: 201, body: { orderId } });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');

    await ended(shop, 'paid', 'confirmed');
    await until(async () => (await statusOf(shop, 'challenged'))?.status === 'action_required');
    const { paymentId } = (await statusOf(shop, 'challenged')).action;
    const as = order('challenged').cart;
    await shop.done(`POST /payments/${paymentId}/challenge`, { as, body: { outcome: 'pass' } });
    for (const name of ['challenged', 'slow']) await ended(shop, name, 'confirmed');
    await ended(shop, 'forgotten', 'rejected');
    expect((await statusOf(shop, 'forgotten')).reason.code).toBe('deadline_passed');
    for (const name of Object.keys(orders)) expect(await endsOf(shop, name)).toHaveLength(1);
    const captured = async () =>
      (await next.database.pool.query('select payment from sandbox.payments')).rows.map((row) => row.payment.captures);
    await until(async () => (await captured()).filter((captures) => captures.length > 0).length === 3);
    expect((await captured()).map((captures) => captures.length).sort()).toEqual([0, 1, 1, 1]);
    await shop.stop();
  });

  it('goes over to EventStoreDB beside the same database, and back with what happened there', async () => {
    const env = { DATABASE_URL: next.url };
    const there = await copy(env, next.url, eventStore.url);
    expect({ stderr: there.stderr, ...answerOf(there) }).toMatchObject({ stderr: '', equal: true, sealed: true });
    const both = { DATABASE_URL: next.url, EVENTSTORE_URL: eventStore.url };
    const shop = await open(both);
    await ended(shop, 'slow', 'confirmed');
    expect((await buy(shop, 'there', 'tok_visa')).body.status).toBe('confirmed');
    await shop.stop();

    const sealed = await copy(both, eventStore.url, next.url);
    expect([sealed.code, sealed.stderr]).toEqual([1, expect.stringMatching(/unseal/)]);
    expect((await runVerb(['events', 'unseal', '--log', next.url], both)).code).toBe(0);
    const back = answerOf(await copy(both, eventStore.url, next.url));
    expect(back).toMatchObject({ equal: true });
    expect(back.copied).toBeGreaterThan(0);
    const home = await open(env);
    await ended(home, 'there', 'confirmed');
    expect(await endsOf(home, 'there')).toHaveLength(1);
    expect((await buy(home, 'home', 'tok_visa')).body.status).toBe('confirmed');
    await home.stop();
  });

  it('has no table of which nobody decided whether it goes along', async () => {
    const { rows } = await next.database.pool.query<{ name: string }>(
      `select schemaname || '.' || tablename as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema', 'log') and schemaname !~ '^gen_' and tablename !~ '^souk_migrations_'`,
    );
    const made = ['chain.heads', 'chain.links', 'commands.snapshots', 'http.rate_limits', 'public.stream_tickets'];
    const ofRows = ['checkpoints', 'generations', 'keepers', 'numbers', 'parked', 'paused', 'verifications'];
    made.push(...ofRows.map((name) => `projections.${name}`));
    expect(rows.map(({ name }) => name).sort()).toEqual([...SHOP_TABLES, ...made].sort());
  });
});

describe('souk events copy', () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    [source, target] = [await createTestDatabase(), await createTestDatabase()];
    const store = await createPostgresEventStore({ url: source.url, logger });
    const writer = createOrderedWriter(source.url);
    await writer.write(randomRuns(8_000));
    await Promise.all([store.close(), writer.close()]);
    folder = mkdtempSync(join(tmpdir(), 'souk-copy-'));
    chmodSync(folder, 0o755);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([source.drop(), target.drop()]);
  });
  const env = () => ({ SOUK_DATA_DIR: folder });
  const args = (from: string, to: string) => ['events', 'copy', '--from', from, '--to', to, '--events-only', '--json'];

  it('is refused while another is at work; killed or interrupted half-way it goes on where it was, and ends equal', async () => {
    const reached = async () => {
      const there = "select to_regclass('log.head') is not null as there";
      if (!(await target.database.pool.query(there)).rows[0].there) return 0;
      return Number((await target.database.pool.query('select position from log.head')).rows[0].position);
    };
    const first = startSouk(args(source.url, target.url), env());
    await until(reached);
    first.process.kill('SIGSTOP');
    const second = await runVerb(args(source.url, target.url), env());
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringMatching(/Another command copies from the same log/),
    ]);
    first.process.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    const before = await reached();
    expect(before).toBeLessThan(8_000);
    const third = startSouk(args(source.url, target.url), env());
    await until(async () => (await reached()) > before);
    third.process.kill('SIGINT');
    expect(await third.ended).toMatchObject({ code: 130, stdout: '', stderr: expect.stringMatching(/^Interrupted\./) });
    const then = await reached();
    const again = answerOf(await runVerb(args(source.url, target.url), env()));
    expect(again).toMatchObject({ equal: true, copied: again.events - then });
  });

  it('ends with 1 and names it where an event of the copy was changed', async () => {
    await target.database.pool.query(`update log.events set type = 'Forged' where position = 4242`);
    const { rows } = await source.database.pool.query<Pick<StoredEvent, 'id'>>(
      'select event_id as id from log.events where position = 4242',
    );
    const { code, stdout, stderr } = await runVerb(args(source.url, target.url), env());
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`(${rows[0]?.id}) has another type in the target`);
  });

  it('is wrong usage with a URL of no engine, a folder without a shop, and another shop than the one that is copied', async () => {
    for (const [from, to] of [
      ['mysql://x', target.url],
      [`embedded:${folder}`, target.url],
    ] as const) {
      expect(await runVerb(args(from, to), env())).toMatchObject({ code: 2, stdout: '' });
    }
    const other = ['events', 'copy', '--from', source.url, '--to', target.url];
    const refused = await runVerb(other, { ...env(), DATABASE_URL: target.url });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/--events-only/)]);
  });

  it('moves a shop out of its embedded engine', async () => {
    const [database, file] = [await createTestDatabase(), join(folder, 'lamps.json')];
    const lamp = { name: 'Lamp', brand: 'Acme', categories: ['Home'], price: 5, stock: 2 };
    writeFileSync(file, JSON.stringify([1, 2, 3].map((n) => ({ ...lamp, id: `l${n}` }))));
    expect((await runVerb(['import', 'products', file], env())).code).toBe(0);
    const moved = await runSouk(
      ['events', 'copy', '--from', `embedded:${folder}`, '--to', database.url, '--json'],
      env(),
    );
    expect(answerOf(moved)).toMatchObject({ equal: true, sealed: true });
    const SOUK_MASTER_KEY = readFileSync(join(folder, 'master-key'), 'utf8').trim();
    const there = { ...env(), DATABASE_URL: database.url, SOUK_MASTER_KEY };
    expect(answerOf(await runVerb(['import', 'products', file], there))).toMatchObject({ unchanged: 3, refused: [] });
    writeFileSync(file, JSON.stringify([{ ...lamp, id: 'l4' }]));
    const sealed = await runVerb(['import', 'products', file], env());
    expect(sealed.code).toBe(1);
    expect(sealed.stdout + sealed.stderr).toMatch(/the log is sealed/);
    await database.drop();
  });
});
