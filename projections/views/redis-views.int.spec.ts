/** Carts and product pages stay right whatever befalls Redis, and whoever keeps them. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { EventStore, Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import type { RedisConnection } from '../../platform/redis/connection.ts';
import { noRedisServer, type RedisServer, startRedisServer } from '../../platform/testing/redis-server.ts';
import { until } from '../../platform/testing/until.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { allDerived, allProjections } from '../all.ts';
import { findCart } from '../carts/queries.ts';
import { createProjectionControl } from '../runtime/control.ts';
import { price } from '../testing/price.ts';
import { createRedisViewsUnderTest, type RedisViewsUnderTest } from '../testing/redis-views.ts';
import { approvedSeller, listing, told, usd } from '../testing/story.ts';
import { createRedisViews } from './redis-views.ts';

const SUITE = 'carts and product pages in Redis';
const logger = createLogger({ name: 'test', level: 'silent' });
const said: string[] = [];
const line = { variantId: newId(), productId: newId(), quantity: 1, unitPrice: usd(500) };

/** What somebody else, or a fault, leaves where a view was; `other` is the view of another cart. */
const GARBAGE: ((redis: RedisConnection, key: string, other: string) => Promise<unknown>)[] = [
  ({ client }, key) => client.hset(key, 'view', '{"revision":'),
  ({ client }, key) => client.hset(key, 'view', '17'),
  ({ client }, key) => client.hset(key, 'view', '{"revision":1,"position":null}'),
  ({ client }, key) => client.hset(key, 'view', '{"revision":1,"position":null,"row":{}}'),
  ({ client }, key, other) => client.hset(key, 'view', other),
  ({ client }, key) => client.hset(key, 'revision', 'many', 'view', 'null'),
  ({ client }, key) => client.set(key, 'garbage'),
  ({ client }, key) => client.del(key).then(() => client.lpush(key, 'garbage')),
];

const suite = () => {
  let server: RedisServer;
  let under: RedisViewsUnderTest;
  beforeEach(async () => {
    server = await startRedisServer();
    said.length = 0;
    const telling = createLogger({
      name: 'test',
      level: 'warn',
      format: 'json',
      to: { write: (l) => void said.push(l) },
    });
    under = await createRedisViewsUnderTest(server.url, undefined, telling);
    await until(async () => (await under.keeper.checkpoint()).owner !== null);
  });
  afterEach(async () => {
    await under.close();
    await server.kill();
  });

  const find = (cartId: string, waitFor?: Position) => under.carts.find(cartId, { price, waitFor });
  const quantityOf = async (cartId: string, waitFor?: Position) =>
    (await find(cartId, waitFor))?.resource.lines[0]?.quantity;
  const change = (cartId: string, quantity: number) => {
    const { variantId, unitPrice } = line;
    return under.log.tell([told(`cart-${cartId}`, 'QuantityChanged', { cartId, variantId, quantity, unitPrice })]);
  };
  async function openCarts(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId());
    await under.log.tell(
      ids.flatMap((cartId) => [
        told(`cart-${cartId}`, 'CartOpened', { cartId, buyerId: null, cartTokenHash: 'hash' }),
        told(`cart-${cartId}`, 'ItemAdded', { cartId, quantity: 1, line }),
      ]),
    );
    return ids;
  }
  /** Revision of the view that stands in Redis. */
  const kept = async (cartId: string) => {
    const key = await keyOf(cartId);
    return key === undefined ? null : under.redis.client.hget(key, 'revision');
  };
  const keyOf = async (id: string) => (await under.redis.client.keys(`*{${id}}`))[0];

  /** The views of another process. */
  const another = (log = under.log.store) =>
    createRedisViews({ redis: under.redis, log, keys: under.log.keys, reader: under.log.database.pool, logger });

  /** Writes and reads carts all the while; every read that waits for its write must show it. */
  async function shopThrough(trouble: () => Promise<void>, rounds: number): Promise<string[]> {
    const carts = await openCarts(12);
    let done = false;
    const troubling = (async () => {
      while (!done) await trouble();
    })();
    try {
      const shopping = carts.map(async (cartId) => {
        for (let n = 2; n < 2 + rounds; n++) {
          const position = await change(cartId, n);
          expect(await quantityOf(cartId, position)).toBe(n);
          expect(await quantityOf(cartId)).toBeLessThanOrEqual(n);
        }
      });
      await Promise.all(shopping);
    } finally {
      done = true;
      await troubling;
    }
    return carts;
  }

  /** Nobody waits for anything, and all carts come to be as the rows have them. */
  async function settle(carts: readonly string[]): Promise<void> {
    const head = (await under.log.store.head()) as Position;
    expect(await under.projections.waitFor(head, ['carts'], 20_000)).toEqual({ ok: true });
    for (const cartId of carts) {
      const wanted = await findCart(under.log.database.pool, cartId, price);
      await until(async () => (await find(cartId))?.revision === wanted?.revision);
      expect(await find(cartId)).toEqual(wanted);
    }
  }

  it('brings on what was asked for, and keeps nothing of what was not', async () => {
    const [asked = '', other = ''] = await openCarts(2);
    expect(await quantityOf(asked)).toBe(1);
    await change(asked, 5);
    await change(other, 6);
    const head = await change(asked, 7);
    await until(async () => (await kept(asked)) === '3');
    await until(async () => (await under.keeper.checkpoint()).position === head);
    expect(await kept(other)).toBeNull();
    expect(await quantityOf(other)).toBe(6);
  });

  it('shows the newest to whoever waits, and soon to all, though everything is lost again and again', async () => {
    const carts = await shopThrough(async () => {
      await under.redis.client.flushall();
      await delay(15);
    }, 15);
    await settle(carts);
  });

  it('makes a view again whose key was lost or whose revisions have a gap', async () => {
    const [lost = '', gap = ''] = await openCarts(2);
    for (const cartId of [lost, gap]) await find(cartId);
    await under.redis.client.del(...(await under.redis.client.keys(`*{${lost}}`)));
    expect(await quantityOf(lost)).toBe(1);
    // As if the keeper had missed the event before.
    const [key = ''] = await under.redis.client.keys(`*{${gap}}`);
    const view = JSON.parse((await under.redis.client.hget(key, 'view')) ?? '');
    const older = { ...view, revision: 0, row: { ...view.row, lines: [], revision: 0 } };
    await under.redis.client.hset(key, 'revision', 0, 'view', JSON.stringify(older));
    const position = await change(gap, 4);
    await until(async () => (await under.keeper.checkpoint()).position === position);
    expect(await quantityOf(gap)).toBe(4);
  });

  it('takes what is no view of that cart, and no mark, for a miss, and does not stumble over them', async () => {
    const carts = await openCarts(GARBAGE.length);
    for (const cartId of carts) await find(cartId);
    const of = new Map(await Promise.all(carts.map(async (id) => [id, (await keyOf(id)) ?? ''] as const)));
    const [first = ''] = carts;
    const other = (await under.redis.client.hget(of.get(first) ?? '', 'view')) ?? '';
    for (const [at, cartId] of carts.entries()) await GARBAGE[at]?.(under.redis, of.get(cartId) ?? '', other);
    for (const cartId of carts) expect(await quantityOf(cartId)).toBe(1);
    // Nothing was put down to Redis being away, for the others to go without it.
    const position = await change(carts.at(-1) ?? '', 7);
    for (const cartId of carts)
      await until(async () => (await find(cartId)) !== undefined && (await kept(cartId)) !== null);
    for (const [at, cartId] of carts.entries()) await GARBAGE[at]?.(under.redis, of.get(cartId) ?? '', other);
    const [mark = ''] = await under.redis.client.keys('*:kept');
    await under.redis.client.set(mark, 'garbage');
    await until(async () => (await under.keeper.checkpoint()).position === position);
    for (const cartId of carts) await change(cartId, 9);
    const head = (await under.log.store.head()) as Position;
    await until(async () => (await under.keeper.checkpoint()).position === head && (await state()) === 'live');
    for (const cartId of carts) expect(await quantityOf(cartId)).toBe(9);
    expect(under.projections.health()).toEqual({ ok: true, problems: [] });
    expect(said).toEqual([]);
  });

  it('answers every read while Redis is killed and started again and again', async () => {
    const { port } = server;
    const carts = await shopThrough(async () => {
      await server.kill();
      await delay(100);
      server = await startRedisServer({ port });
      await delay(200);
    }, 20);
    expect(under.projections.health()).toEqual({ ok: true, problems: [] });
    await settle(carts);
    await under.redis.whenReady(new AbortController().signal);
    // It is used again, not only gone around.
    const [cartId = ''] = carts;
    await until(async () => (await find(cartId)) !== undefined && (await kept(cartId)) !== null);
  });

  it('answers while Redis hangs, and says in its status that it is away', async () => {
    const [cartId = ''] = await openCarts(1);
    await find(cartId);
    process.kill(server.pid, 'SIGSTOP');
    await change(cartId, 3);
    await until(async () => (await quantityOf(cartId)) === 3);
    // Were each to wait for Redis, this test would run out of time.
    for (let n = 0; n < 300; n++) expect(await quantityOf(cartId)).toBe(3);
    const status = (await under.projections.status()).find(({ name }) => name === 'redis-views');
    expect(status).toMatchObject({
      state: 'stalled',
      position: null,
      error: expect.stringMatching(/timed out|write|retries/i),
    });
    process.kill(server.pid, 'SIGCONT');
    await until(async () => (await state()) === 'live');
    expect(await quantityOf(cartId)).toBe(3);
  });

  const state = async () => (await under.projections.status()).find(({ name }) => name === 'redis-views')?.state;

  it('makes them anew under another prefix when it is asked for, and shows nobody less meanwhile', async () => {
    const models = { projections: allProjections, derived: allDerived, views: under.keeper };
    const { database, store } = under.log;
    const control = createProjectionControl({ ...models, database, log: store });
    const rebuild = async () => {
      await control.rebuild([under.keeper.name], 'cli:test');
      await delay(250);
    };
    await settle(await shopThrough(rebuild, 15));
    await until(async () => (await state()) === 'live');
    const before = await under.redis.client.keys('*{*');
    await rebuild();
    await until(async () => !(await under.redis.client.keys('*{*')).some((key) => before.includes(key)));
  });

  it('lets several processes keep the same views: the newest event of a cart is what stays', async () => {
    const stopping = new AbortController();
    const turns = ['second', 'third'].map((owner) => ({ owner, mine: () => 1 }));
    const rivals = turns.map(async (turn) => (await another()).keeper.run(turn, stopping.signal));
    await settle(await shopThrough(() => delay(50), 15));
    stopping.abort();
    await Promise.all(rivals);
  });

  it('shows the newest when nobody keeps the views any more, and a new keeper goes on where the last one stopped', async () => {
    const [cartId = ''] = await openCarts(1);
    await find(cartId);
    await until(async () => (await state()) === 'live');
    await under.projections.stop();
    await change(cartId, 8);
    await until(async () => (await quantityOf(cartId)) === 8);
    // The view was brought on by its reader; this event nobody saw.
    await change(cartId, 9);
    expect(await kept(cartId)).toBe('2');
    const next = await createRedisViewsUnderTest(server.url, under.log);
    await until(async () => (await kept(cartId)) === '3');
    await next.close();
  });

  it('trusts no view that stood there before anybody kept them', async () => {
    const [cartId = ''] = await openCarts(1);
    await find(cartId);
    await under.projections.stop();
    const [mark = ''] = await under.redis.client.keys('*:kept');
    await under.redis.client.del(mark);
    await change(cartId, 9);
    expect(await kept(cartId)).toBe('1');
    const next = await createRedisViewsUnderTest(server.url, under.log);
    await until(async () => (await kept(cartId)) === null);
    await until(async () => (await under.redis.client.exists(mark)) === 1);
    expect(await quantityOf(cartId)).toBe(9);
    await next.close();
  });

  it('reads the log once for an id that nobody has, however many ask at once, and keeps nothing of it', async () => {
    const { log, redis } = under;
    let reads = 0;
    const read: EventStore['read'] = (...args) => {
      reads += 1;
      return log.store.read(...args);
    };
    const views = await another({ ...log.store, read });
    const [existing = ''] = await openCarts(1);
    const head = (await log.store.head()) as Position;
    const id = newId();
    expect(await Promise.all(Array.from({ length: 50 }, () => views.carts.find(id, { price })))).toEqual(
      Array.from({ length: 50 }, () => undefined),
    );
    expect(reads).toBe(1);
    await views.carts.find(id, { price, waitFor: head });
    expect(reads).toBe(2);
    expect(await kept(id)).toBeNull();
    expect(await redis.client.keys(`*{${id}}`)).toEqual([]);
    // One that exists: read once, and then no more while it is kept.
    reads = 0;
    await until(async () => (await under.keeper.checkpoint()).position === head && (await state()) === 'live');
    for (let n = 0; n < 20; n++) await views.carts.find(existing, { price, waitFor: head });
    expect(reads).toBe(1);
  });

  it('keeps no view over an event that cannot be applied, goes on with the others, and says what is wrong', async () => {
    const sellerId = newId();
    const productId = newId();
    const listed = listing({ productId, sellerId, categoryId: newId(), name: 'Thing', stock: 1 });
    await under.log.tell([...approvedSeller(sellerId), ...listed]);
    expect((await under.products.find(productId))?.resource.name).toBe('Thing');
    const [cartId = ''] = await openCarts(1);
    await find(cartId);
    const unknown = { productId, variantId: newId(), price: usd(1) };
    const poison = await under.log.tell([told(`product-${productId}`, 'VariantRepriced', unknown)]);
    await change(cartId, 2);
    await until(async () => (await kept(cartId)) === '2');
    expect(await under.redis.client.keys(`*{${productId}}`)).toEqual([]);
    await expect(under.products.find(productId)).rejects.toThrow('has no variant');
    await expect(under.products.find(productId, { waitFor: poison })).rejects.toThrow('has no variant');
    expect(await quantityOf(cartId)).toBe(2);
  });
};

describeUnless(noRedisServer(), SUITE, suite);
