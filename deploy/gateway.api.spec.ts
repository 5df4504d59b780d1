/** The gateway's own nginx file, by a real nginx, before two write APIs and two read APIs: what it may never lose, and where it sends. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../platform/testing/until.ts';
import { describeUnless } from '../test/support/describe-unless.ts';
import { type As, type Client, createClient, type Json } from '../write-api/testing/client.ts';
import { addCategory, logInAdmin, openSeller, type Seller, sell, signUp } from '../write-api/testing/people.ts';
import { ask } from './testing/ask.ts';
import { type Fleet, startFleet } from './testing/fleet.ts';
import { type Gateway, startGateway, whyNoNginx } from './testing/gateway.ts';
import { startLoad } from './testing/shoppers.ts';

/** Many shoppers of one address: only here is that no attack. */
const CROWD = { GATEWAY_REQUESTS_PER_SECOND: '100000', GATEWAY_BURST: '100000', GATEWAY_CONNECTIONS: '1000' };

describeUnless(whyNoNginx(), 'nginx before two write APIs and two read APIs', () => {
  let fleet: Fleet;
  let gateway: Gateway;
  const besides: Gateway[] = [];
  let shop: Client;
  let seller: Seller;
  let product: { readonly productId: string; readonly variantId: string };
  /** Awaited in the end too: what a hook that ran out of time was still starting must not outlive the suite. */
  let opening: Promise<void>;
  async function open(): Promise<void> {
    fleet = await startFleet();
    const portsOf = (servers: Fleet['write']) => servers.map(({ port }) => port);
    gateway = await startGateway({ write: portsOf(fleet.write), read: portsOf(fleet.read), settings: CROWD });
    shop = createClient(gateway.url);
  }
  beforeAll(async () => {
    opening = open();
    await opening;
    const admin = await logInAdmin({ ...shop, admin: fleet.admin });
    seller = await openSeller(shop, admin);
    const sold = await sell(shop, { seller, categoryId: await addCategory(shop, admin), stock: 1_000 });
    product = { productId: sold.product.productId, variantId: sold.variantId };
    await until(async () => (await shop.call(`GET /products/${product.productId}`)).status === 200);
  }, 300_000);
  afterAll(async () => {
    await opening.catch(() => undefined);
    for (const each of [...besides, gateway]) await each?.stop();
    await fleet?.stop();
  }, 300_000);

  /** The port of the server that answered this request, by its id in the gateway's log; undefined: nobody was asked. */
  async function servedBy(method: string, path: string): Promise<number | undefined> {
    const id = randomUUID();
    const reply = await ask({ port: gateway.port, method, path, headers: { 'x-request-id': id } });
    expect(reply.headers['x-request-id']).toBe(id);
    const line = await until(() => logged(`id=${id}`)[0]);
    const port = /upstream=127\.0\.0\.1:(\d+):/.exec(line)?.[1];
    return port === undefined ? undefined : Number(port);
  }

  const logged = (words: string) =>
    gateway
      .accessLog()
      .split('\n')
      .filter((line) => line.includes(words));

  it('sends GET and HEAD to read APIs, but what signs in, and all the rest, to write APIs', async () => {
    const [write, read] = [fleet.write.map(({ port }) => port), fleet.read.map(({ port }) => port)];
    const table: readonly (readonly [string, readonly (number | undefined)[]])[] = [
      ['GET /products?limit=1', read],
      ['HEAD /products?limit=1', read],
      ['GET /auth/sessions', read],
      ['GET /auth/oidc/acme/callback?code=x', write],
      ['HEAD /auth/oidc/acme/start', write],
      ['GET /products/auth/oidc/x', read],
      [`GET /orders/${randomUUID()}/events`, read],
      ['POST /carts', write],
      ['PUT /users/me/roles/ops', write],
      ['PATCH /users/me', write],
      ['DELETE /carts/x', write],
      ['OPTIONS /products', write],
      ['GET /docs', read],
      ['GET /openapi.json', read],
      ['GET /metrics', [undefined]],
      ['GET /health/ready', [undefined]],
      ['GET //docs/../metrics', [undefined]],
      ['GET /%6Detrics?x', [undefined]],
    ];
    for (const [line, ports] of table) {
      const [method = '', path = ''] = line.split(' ');
      const port = await servedBy(method, path);
      expect([line, port, ports.includes(port)]).toEqual([line, port, true]);
    }
    // Both of a kind are asked.
    const asked = new Set<number | undefined>();
    for (let turn = 0; turn < 8; turn++) asked.add(await servedBy('GET', '/categories'));
    expect(asked).toEqual(new Set(read));
  });

  it('hands on what the shop says: paths as they came, refusals, a method that no address takes', async () => {
    expect(await shop.call('DELETE /products')).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(await shop.call('GET /products/%2Fx%20y')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await shop.call('POST /carts/x/items', { body: {} })).toMatchObject({ status: 401 });
    const options = await fetch(`${gateway.url}/products`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, expect.stringContaining('POST')]);
  });

  it('takes a body of 1 MiB, and refuses more in the words of the shop', async () => {
    const body = (bytes: number) => JSON.stringify({ name: '' }).replace('""', `"${'x'.repeat(bytes - 11)}"`);
    const refused = await shop.call('POST /auth/signup', { body: body(1_048_577) });
    expect(refused).toMatchObject({ status: 413, body: { status: 413, code: 'too_large' } });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await shop.call('POST /auth/signup', { body: body(1_048_576) })).toMatchObject({ status: 422 });
  });

  it('tells the shop whose request it is, and not what the client says of itself', async () => {
    const counting = await fleet.start('read-api', { RATE_LIMIT: 'on' });
    const before = await startGateway({ write: [fleet.write[1].port], read: [counting.port] });
    besides.push(before);
    const left = async (localAddress: string, headers = {}) => {
      const reply = await ask({ port: before.port, path: '/categories', localAddress, headers });
      return Number(reply.headers['ratelimit-remaining']);
    };
    const first = await left('127.0.0.2');
    expect(await left('127.0.0.2', { 'x-forwarded-for': '203.0.113.7' })).toBe(first - 1);
    expect(await left('127.0.0.2', { 'x-forwarded-for': '203.0.113.8, 203.0.113.9' })).toBe(first - 2);
    expect(await left('127.0.0.3')).toBe(first);
  });

  it('passes events on as they come, while the stream is open', async () => {
    const buyer = await signUp(shop);
    const { cartId } = await shop.done('POST /carts', { as: buyer, body: {} });
    await shop.done(`POST /carts/${cartId}/items`, { as: buyer, body: { variantId: product.variantId, quantity: 1 } });
    const { body, headers } = await shop.call(`POST /carts/${cartId}/checkout`, {
      as: buyer,
      body: { shippingAddress: ADDRESS, payment: { method: 'card', token: 'tok_slow' } },
      headers: { prefer: 'wait=0', 'idempotency-key': randomUUID() },
    });
    const leave = new AbortController();
    const stream = await fetch(`${gateway.url}/orders/${body.orderId}/events`, {
      headers: {
        authorization: `Bearer ${buyer.accessToken}`,
        'souk-wait-for': headers.get('souk-position') ?? '',
      },
      signal: leave.signal,
    });
    const heard: string[] = [];
    for await (const chunk of stream.body ?? []) {
      heard.push(Buffer.from(chunk as Uint8Array).toString());
      if (heard.join('').includes('"confirmed"')) break;
    }
    leave.abort();
    // It was placed for three seconds: a stream that is kept back would have told both at once.
    expect(heard.find((part) => part.includes('"status"'))).toContain('"placed"');
    expect(heard.at(-1)).not.toContain('"placed"');
  });

  it('loses no read, and no write that may not be sent again, when one of each kind is killed under load', async () => {
    const buyers = await Promise.all(Array.from({ length: 6 }, () => signUp(shop)));
    const { status, body } = await shop.call(`GET /inventory/${product.variantId}`, { as: seller });
    expect(status).toBe(200);
    const stock: number = body.onHand - body.reserved;
    const load = startLoad({
      client: shop,
      buyers,
      roundsEach: ROUNDS,
      variantId: product.variantId,
      reads: [
        { request: `GET /products/${product.productId}` },
        { request: 'GET /products?limit=5' },
        { request: 'HEAD /categories' },
        { request: 'GET /orders', as: buyers[0] as As },
      ],
      readers: 4,
    });
    await until(() => load.rounds() >= 6);
    fleet.write[0].child.process.kill('SIGKILL');
    await until(() => load.rounds() >= 12);
    fleet.read[0].child.process.kill('SIGKILL');
    await load.ended;

    expect(load.failedReads).toEqual([]);
    // Who was killed was asked, and another answered.
    const [write, read] = [fleet.write[0].port, fleet.read[0].port];
    expect(logged(' POST ').filter((line) => line.includes(`upstream=127.0.0.1:${write}, `)).length).toBeGreaterThan(0);
    expect(logged(' GET ').filter((line) => line.includes(`upstream=127.0.0.1:${read}, `)).length).toBeGreaterThan(0);

    const placed = buyers.length * ROUNDS;
    for (const buyer of buyers) {
      const orders = await until(async () => {
        const { items } = await shop.done('GET /orders?limit=100', { as: buyer });
        return items.length >= ROUNDS && items;
      });
      expect(orders.map(({ lines }: Json) => lines.map((line: Json) => line.quantity))).toEqual(
        Array.from({ length: ROUNDS }, () => [2]),
      );
    }
    const { rows } = await fleet.test.database.pool.query(
      `select count(*) filter (where type = 'CartOpened')::int as carts,
              count(*) filter (where type = 'OrderPlaced')::int as orders
         from log.events
        where data->>'buyerId' = any ($1)`,
      [buyers.map(({ userId }) => userId)],
    );
    expect(rows).toEqual([{ carts: placed, orders: placed }]);
    // Every unit left the shelf once.
    await until(async () => {
      const now = await shop.done(`GET /inventory/${product.variantId}`, { as: seller });
      return now.onHand - now.reserved === stock - 2 * placed;
    });
  }, 180_000);
});

const ROUNDS = 6;
const ADDRESS = { name: 'You', line1: '1 High Street', city: 'Town', postalCode: '12345', country: 'US' };
