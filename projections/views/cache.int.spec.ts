/** What keeps old views out of Redis, whoever writes when. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { openRedis, type RedisConnection } from '../../platform/redis/connection.ts';
import { noRedisServer, type RedisServer, startRedisServer } from '../../platform/testing/redis-server.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { cartView } from '../carts/views.ts';
import { createViewCache } from './cache.ts';
import { createViewMark } from './mark.ts';
import type { View } from './view.ts';

const SUITE = 'the guard of views in Redis';
const logger = createLogger({ name: 'test', level: 'silent' });
const position = (n: number) => String(n).padStart(20, '0') as Position;
const viewAt = (revision: number): View => ({ revision, position: position(revision + 1), row: null });
/** One that a test need not find again. */
const anyOf = () => newId();

const suite = () => {
  let dir: string;
  let server: RedisServer;
  let redis: RedisConnection;
  const connect = () => openRedis({ urls: [server.url], logger });
  const cacheOn = (connection: RedisConnection) => createViewCache(connection, 'souk:test', cartView);

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'souk-test-redis-'));
    server = await startRedisServer({ dir });
    redis = await connect();
  });
  afterEach(async () => {
    await redis.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** A crash, and a start from the file that was saved last. */
  async function restart(): Promise<void> {
    const { port } = server;
    await server.kill();
    server = await startRedisServer({ dir, port });
    await redis.close();
    redis = await connect();
  }

  it('ends with the latest revision, in whatever order and how often two processes write', async () => {
    const id = newId();
    const other = await connect();
    await cacheOn(redis).open(id, 'token');
    await cacheOn(redis).put(id, viewAt(0), 'token');
    const revisions = Array.from({ length: 200 }, (_, n) => n).sort((a, b) => ((a * 7919) % 211) - ((b * 7919) % 211));
    const writes = [...revisions, ...revisions.toReversed()];
    const write = (revision: number, at: number) => cacheOn(at % 2 === 0 ? redis : other).put(id, viewAt(revision));
    for (let from = 0; from < writes.length; from += 40) await Promise.all(writes.slice(from, from + 40).map(write));
    expect(await cacheOn(other).open(id, anyOf())).toEqual(viewAt(199));
    await other.close();
  });

  it('takes no view that was read from the log before the newest event came, or before everything was lost', async () => {
    const cache = cacheOn(redis);
    const id = newId();
    // Read from the log at revision 3; meanwhile the keeper sees revision 4 and finds no view to bring on.
    expect(await cache.open(id, 'slow')).toBe('leased');
    expect(await cache.peek(id)).toBeUndefined();
    await cache.put(id, viewAt(3), 'slow');
    expect(await cache.open(id, 'next')).toBe('leased');
    // Another reader's view came, was brought on to revision 5, and was lost with everything.
    await cache.put(id, viewAt(5), 'next');
    await redis.client.flushall();
    await cache.put(id, viewAt(4));
    await cache.put(id, viewAt(4), 'next');
    expect(await cache.open(id, 'last')).toBe('leased');
    // The lease is the last one's alone.
    expect(await cache.open(id, anyOf())).toBe('busy');
    await cache.put(id, viewAt(4), 'next');
    expect(await cache.open(id, anyOf())).toBe('busy');
    await cache.put(id, viewAt(6), 'last');
    expect(await cache.open(id, anyOf())).toEqual(viewAt(6));
  });

  it('has forgotten every view, and how far they were kept, when it comes back from an old file', async () => {
    const id = newId();
    const mark = createViewMark(redis, 'souk:test');
    await cacheOn(redis).open(id, 'token');
    await cacheOn(redis).put(id, viewAt(1), 'token');
    await mark.move({ position: position(2), eventId: 'event', owner: 'me', caughtUp: true });
    await redis.client.save();
    await cacheOn(redis).put(id, viewAt(2));
    expect(await cacheOn(redis).open(id, anyOf())).toEqual(viewAt(2));
    await restart();
    // The file brought the old one back.
    expect(await redis.client.keys('*')).toHaveLength(2);
    expect(await createViewMark(redis, 'souk:test').read()).toBeUndefined();
    expect(await cacheOn(redis).open(id, 'again')).toBe('leased');
    await cacheOn(redis).put(id, viewAt(2), 'again');
    expect(await cacheOn(redis).open(id, anyOf())).toEqual(viewAt(2));
  });

  it('has forgotten every view when a replica takes over, and answers nothing while it is one', async () => {
    const id = newId();
    await cacheOn(redis).open(id, 'token');
    await cacheOn(redis).put(id, viewAt(1), 'token');
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(server.port)] });
    await expect(openRedis({ urls: [replica.url], logger })).rejects.toThrow('name its master');
    const promoted = await takeOver(replica.url, () => server.kill());
    expect(await cacheOn(promoted).open(id, anyOf())).toBe('leased');
    await promoted.client.replicaof('127.0.0.1', 1);
    await expect(cacheOn(promoted).peek(id)).rejects.toThrow('READONLY');
    await promoted.close();
    await replica.stop();
    server = await startRedisServer({ dir, port: server.port });
  });

  it('moves the mark forwards only, and tells how long ago its keeper was at the end of the log', async () => {
    const mark = createViewMark(redis, 'souk:test');
    expect(await mark.read()).toBeUndefined();
    await mark.move({ position: position(5), eventId: 'five', owner: 'one', caughtUp: false });
    expect(await mark.read()).toMatchObject({ position: position(5), eventId: 'five', caughtUpMsAgo: undefined });
    await mark.move({ position: position(4), eventId: 'four', owner: 'two', caughtUp: true });
    expect(await mark.read()).toMatchObject({ position: position(5), owner: 'one', caughtUpMsAgo: undefined });
    await mark.move({ position: position(6), eventId: 'six', owner: 'two', caughtUp: true });
    expect(await mark.read()).toMatchObject({ position: position(6), owner: 'two', caughtUpMsAgo: expect.any(Number) });
  });

  it('keeps a guest’s cart for shorter than a buyer’s, and nothing for ever', async () => {
    const cache = cacheOn(redis);
    const remaining = async (row: object | null) => {
      const id = newId();
      await cache.open(id, 'token');
      await cache.put(id, { ...viewAt(0), row: row as View['row'] }, 'token');
      return redis.client.ttl(`souk:test:carts-1:{${id}}`);
    };
    const guest = await remaining({ status: 'open', buyer_id: null });
    const buyer = await remaining({ status: 'open', buyer_id: newId() });
    const closed = await remaining({ status: 'abandoned', buyer_id: newId() });
    expect(closed).toBeGreaterThan(0);
    expect(guest).toBeGreaterThan(closed);
    expect(buyer).toBeGreaterThan(guest);
    await cache.open(newId(), 'never put');
    for (const key of await redis.client.keys('*')) expect(await redis.client.ttl(key)).toBeGreaterThan(-1);
  });
};

/** Once the replica has everything, its master dies and it takes over, as in a failover. */
async function takeOver(replica: string, killMaster: () => Promise<void>): Promise<RedisConnection> {
  const admin = new Redis(replica);
  while ((await admin.dbsize()) === 0) await delay(20);
  await killMaster();
  await admin.replicaof('NO', 'ONE');
  admin.disconnect();
  return openRedis({ urls: [replica], logger });
}

describeUnless(noRedisServer(), SUITE, suite);
