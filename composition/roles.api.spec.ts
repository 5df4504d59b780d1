/** Each role alone on one database, in one process and in four: a whole journey through them, and who takes over. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig, type Role } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { freePort } from '../platform/postgres/free-port.ts';
import { until } from '../platform/testing/until.ts';
import { openShopEngines, type ShopEngines } from '../test/support/shop-engines.ts';
import { type Client, createClient, type Json } from '../write-api/testing/client.ts';
import { type RunningProcess, startProcess } from './process.ts';
import { type Child, startChild } from './testing/start-child.ts';

type Env = Record<string, string>;
/** As a gateway has it: reads to the one, everything else to the other. */
type Sides = { readonly write: Client; readonly read: Client; readonly readUrl: string };

const ADMIN = { email: 'admin@souk.test', password: 'admin password' };
let test: ShopEngines;
let env: Env;
beforeAll(async () => {
  test = await openShopEngines();
  env = {
    ...test.settings,
    SOUK_MASTER_KEY: randomBytes(32).toString('hex'),
    SOUK_ADMIN_EMAIL: ADMIN.email,
    SOUK_ADMIN_PASSWORD: ADMIN.password,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'info',
  };
});
afterAll(() => test.close());

/** Signs up, opens a shop, lists, stocks, buys with a card whose gateway answers by webhook, and follows the order. */
async function journey({ write, read, readUrl }: Sides): Promise<void> {
  const admin = await write.done('POST /auth/login', { body: ADMIN });
  const account = { email: `${randomUUID()}@example.com`, password: 'correct horse battery', name: 'Sal' };
  const seller = await write.done('POST /auth/signup', { body: account });
  const { sellerId } = await write.done('POST /sellers', { as: seller, body: { name: 'Sal’s' } });
  await write.done(`POST /sellers/${sellerId}/approve`, { as: admin });
  const { categoryId } = await write.done('POST /categories', { as: admin, body: { name: 'Audio' } });
  const name = `Headphones ${randomUUID()}`;
  const variants = [{ options: {}, price: { amount: 1_999, currency: 'USD' } }];
  const body = { name, description: 'They sound.', brand: 'Acme', categoryId, variants, publish: true };
  const product = await write.done('POST /products', { as: seller, body });
  const { variantId } = product.variants[0];
  await write.done(`POST /inventory/${variantId}/receipts`, { as: seller, body: { quantity: 3 } });
  const cart = await write.done('POST /carts', { body: {} });
  const as = { cartToken: cart.cartToken };
  const put = await write.call(`POST /carts/${cart.cartId}/items`, { as, body: { variantId, quantity: 2 } });
  expect(put.status).toBe(200);
  const headers = { 'souk-wait-for': put.headers.get('souk-position') ?? '' };
  const shown = await read.call(`GET /carts/${cart.cartId}`, { as, headers });
  expect(shown).toMatchObject({ status: 200, body: { lines: [{ variantId, quantity: 2 }] } });
  const bought = await write.call(`POST /carts/${cart.cartId}/checkout`, {
    as,
    body: {
      email: 'you@example.com',
      shippingAddress: { name: 'You', line1: '1 High Street', city: 'Town', postalCode: '12345', country: 'US' },
      payment: { method: 'card', token: 'tok_slow' },
    },
    headers: { prefer: 'wait=0', 'idempotency-key': randomUUID() },
  });
  const order = bought.body;
  expect(bought).toMatchObject({ status: 202, body: { status: 'placed' } });
  const written = bought.headers.get('souk-position') ?? '';
  expect(await followed(`${readUrl}/orders/${order.orderId}/events`, { ...as, written }, 'confirmed')).toContain(
    'confirmed',
  );
  const read_ = await read.done(`GET /orders/${order.orderId}`, { as });
  expect(read_).toMatchObject({ status: 'confirmed', lines: [{ variantId, quantity: 2 }] });
  await until(async () => {
    const stock = await read.done(`GET /inventory/${variantId}`, { as: seller });
    return stock.onHand === 1 && stock.reserved === 0;
  });
}

/** Reads server-sent events until one holds the word. */
async function followed(
  url: string,
  { cartToken, written }: { readonly cartToken: string; readonly written: string },
  word: string,
): Promise<string> {
  const enough = new AbortController();
  const response = await fetch(url, {
    headers: { 'souk-cart-token': cartToken, 'souk-wait-for': written },
    signal: enough.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/event-stream/),
  ]);
  let heard = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    heard += decoder.decode(chunk as Uint8Array, { stream: true });
    if (heard.includes(word)) break;
  }
  enough.abort();
  return heard;
}

describe('the four roles, each composed alone', () => {
  const running: RunningProcess[] = [];
  afterAll(async () => {
    for (const process of running.reverse()) for (const step of process.stopSteps) await step.run();
  });
  async function start(role: Role, more: Env = {}): Promise<string> {
    const config = loadConfig({ ...env, PORT: '0', ...more }, role);
    const process = await startProcess({ config, logger: createLogger({ name: 'test', level: 'silent' }) });
    running.push(process);
    return process.url;
  }

  it('carry a journey together; a read API that finds no read models yet says so instead of failing', async () => {
    const readUrl = await start('read-api');
    const read = createClient(readUrl);
    await until(async () => {
      const { status, body } = await read.call('GET /health/ready');
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { status: 'not_ready', checks: { 'read-models': { ok: false } } },
      });
      // On a busy machine it may also say that it could not look in time.
      return /npm run projections/.test(body.checks['read-models'].detail);
    });
    const writeUrl = await start('write-api');
    await start('projections');
    await start('workers', { PUBLIC_URL: writeUrl });
    await until(async () => (await read.call('GET /health/ready')).status === 200);
    await journey({ write: createClient(writeUrl), read, readUrl });
    // Each serves its own half, and nothing else.
    const write = createClient(writeUrl);
    const elsewhere = { status: 404, body: { code: 'not_found', detail: expect.stringContaining('the gateway') } };
    expect(await write.call('GET /products')).toMatchObject(elsewhere);
    expect(await read.call('POST /carts', { body: {} })).toMatchObject(elsewhere);
    // Behind one gateway they are one: what neither has is 405 with all that both have, and both describe the whole.
    expect(await read.call('GET /carts')).toMatchObject({ status: 405 });
    expect((await read.call('GET /carts')).headers.get('allow')).toBe('POST, OPTIONS');
    const described = (body: Json) =>
      Object.entries(body.paths as Json).flatMap(([path, item]) =>
        Object.keys(item as Json).map((m) => `${m} ${path}`),
      );
    const [whole, same] = [await read.call('GET /openapi.json'), await write.call('GET /openapi.json')];
    expect(described(whole.body)).toEqual(expect.arrayContaining(['get /carts/{cartId}', 'post /carts']));
    expect(described(whole.body).sort()).toEqual(described(same.body).sort());
    for (const { url } of running) {
      await until(async () => (await createClient(url).call('GET /health/ready')).status === 200);
    }
  });
});

describe('the four roles as processes', () => {
  const children: Child[] = [];
  afterEach(async () => {
    for (const { process, ended } of children.splice(0)) {
      process.kill('SIGKILL');
      await ended;
    }
  });
  async function start(role: Exclude<Role, 'all' | 'cli'>, more: Env = {}) {
    const port = await freePort();
    const folder = role === 'workers' ? 'commands' : role;
    const child = startChild(['--import', './composition/typescript.mjs', `${folder}/compose.ts`], {
      ...env,
      PORT: String(port),
      ...more,
    });
    children.push(child);
    await child.says('Souk is open at');
    return { url: `http://127.0.0.1:${port}`, child };
  }

  it('carry the journey, go on when the keeper of the read models is killed, and stop with 0', async () => {
    const [keeper, write] = await Promise.all([start('projections'), start('write-api')]);
    const [read] = await Promise.all([start('read-api'), start('workers', { PUBLIC_URL: write.url })]);
    const sides = { write: createClient(write.url), read: createClient(read.url), readUrl: read.url };
    await journey(sides);
    const second = await start('projections');
    keeper.child.process.kill('SIGKILL');
    await keeper.child.ended;
    await journeyAfterTakeOver(sides);
    const owners = await test.database.pool.query('select distinct owner from projections.checkpoints');
    expect(owners.rows.map(({ owner }) => owner)).toEqual([expect.stringContaining(`:${second.child.process.pid}`)]);
    const alive = children.filter(({ process }) => process !== keeper.child.process);
    for (const { process } of alive) process.kill('SIGTERM');
    for (const { ended } of alive) expect(await ended).toMatchObject({ code: 0 });
  }, 180_000);

  /** A cart is shown as soon as the second keeper follows. */
  async function journeyAfterTakeOver(sides: Sides): Promise<void> {
    const made = await sides.write.call('POST /carts', { body: {} });
    const as = { cartToken: made.body.cartToken };
    await until(async () => (await sides.read.call(`GET /carts/${made.body.cartId}`, { as })).status === 200);
    await journey(sides);
  }
});
