/** A Redis that cannot be used is told so at the start; one that goes away costs nobody more than a moment. */
import { afterEach, expect, it } from '@jest/globals';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { createLogger } from '../logging/logger.ts';
import { freePort } from '../postgres/free-port.ts';
import { createBreaker } from '../process/breaker.ts';
import { noRedisServer, type RedisServer, startRedisServer } from '../testing/redis-server.ts';
import { openRedis } from './connection.ts';

const SUITE = 'a connection to Redis';
const said: string[] = [];
const logger = createLogger({
  name: 'test',
  level: 'info',
  format: 'json',
  to: { write: (line) => void said.push(line) },
});

const suite = () => {
  let servers: RedisServer[] = [];
  const start = async (...args: string[]) => {
    const server = await startRedisServer({ args });
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.kill()));
    servers = [];
    said.length = 0;
  });

  it('refuses a server that throws keys away when it is full, and says what to set', async () => {
    const { url } = await start('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru');
    const opening = openRedis({ urls: [url], logger });
    await expect(opening).rejects.toThrow(/maxmemory-policy allkeys-lru.*set "maxmemory-policy noeviction"/);
    await expect(opening).rejects.toMatchObject({ name: 'RedisUnfit' });
  });

  it('says at which address nobody answers, without the password', async () => {
    const port = await freePort();
    const opening = openRedis({ urls: [`redis://shop:secret@127.0.0.1:${port}/2`], logger });
    await expect(opening).rejects.toThrow(`Redis at 127.0.0.1:${port} cannot be used (connect ECONNREFUSED`);
    await expect(opening).rejects.toThrow('correct REDIS_URL');
    await expect(opening).rejects.not.toThrow('secret');
    const several = openRedis({ urls: [`redis://127.0.0.1:${port}`, `redis://127.0.0.1:${port + 1}`], logger });
    await expect(several).rejects.toThrow(/cannot be used \(.*correct REDIS_URL/);
    const { url } = await start();
    const noCluster = openRedis({ urls: [url, `${url}/0`], logger });
    await expect(noCluster).rejects.toThrow('cluster support disabled');
  });

  it('signs in as its URL says, to the database its URL says', async () => {
    const { url } = await start('--requirepass', 'open sesame');
    await expect(openRedis({ urls: [url], logger })).rejects.toThrow('NOAUTH');
    await expect(openRedis({ urls: [url.replace('//', '//:wrong@')], logger })).rejects.toThrow('WRONGPASS');
    const right = `${url.replace('//', '//default:open%20sesame@')}/3`;
    const redis = await openRedis({ urls: [right], logger });
    await redis.client.set('key', 'value');
    expect(await redis.client.info('keyspace')).toContain('db3:keys=1');
    expect(redis.address).not.toContain('sesame');
    await redis.close();
    const nodes = [right, right.replace('/3', '')];
    await expect(openRedis({ urls: nodes, logger })).rejects.toThrow('database 0 only');
    // Its client would go on in database 0, which is somebody else's.
    const none = openRedis({ urls: [right.replace('/3', '/99')], logger });
    await expect(none).rejects.toThrow(/cannot be used \(ERR DB index is out of range\).*correct REDIS_URL/);
  });

  it('refuses an account that may not do what will be asked of it, and says what it needs', async () => {
    const { url } = await start();
    const admin = await openRedis({ urls: [url], logger });
    const openAs = async (...rights: string[]) => {
      await admin.client.call('acl', 'setuser', 'shop', 'reset', 'on', '>pw', ...rights);
      await (await openRedis({ urls: [url.replace('//', '//shop:pw@')], logger })).close();
    };
    for (const lacking of [
      ['~other:*', '+@all'],
      ['~souk:*', '+@all', '-@scripting'],
      ['~souk:*', '+@all', '-time'],
      ['~souk:*', '+@read', '+@scripting', '+@connection', '+info', '+time'],
    ]) {
      await expect(openAs(...lacking)).rejects.toMatchObject({
        name: 'RedisUnfit',
        message: expect.stringContaining('give it "~souk:'),
      });
    }
    await openAs('~souk:*', '+@read', '+@write', '+@scripting', '+@connection', '+info', '+time');
    await admin.close();
  });

  it('refuses commands at once while the server is away, and is ready again when it is back', async () => {
    const server = await start();
    const redis = await openRedis({ urls: [server.url], logger });
    const script = redis.script(`return redis.call('incr', KEYS[1])`);
    expect(await script('n')).toBe(1);
    await server.kill();
    await expect(script('n')).rejects.toThrow();
    // So many would not fit into this test's time if each waited for anything.
    for (let n = 0; n < 2_000; n++) await expect(script('n')).rejects.toThrow();
    servers.push(await startRedisServer({ port: server.port }));
    await redis.whenReady(AbortSignal.timeout(20_000));
    // Nothing was kept for later.
    expect(await script('n')).toBe(1);
    expect(said.filter((line) => line.includes('Redis is away'))).toHaveLength(1);
    expect(said.filter((line) => line.includes('Redis is back'))).toHaveLength(1);
    await redis.close();
  });

  it('gives up a server that hangs, and asks it no more than now and then', async () => {
    const server = await start();
    const redis = await openRedis({ urls: [server.url], logger });
    const breaker = createBreaker({ logger, what: 'Redis' });
    let asked = 0;
    const ask = () =>
      breaker.ask(() => {
        asked += 1;
        return redis.client.ping();
      });
    expect(await ask()).toBe('PONG');
    process.kill(server.pid, 'SIGSTOP');
    for (let n = 0; n < 1_000; n++) expect(await ask()).toBeUndefined();
    expect(asked).toBeLessThan(20);
    process.kill(server.pid, 'SIGCONT');
    while ((await ask()) !== 'PONG') await new Promise((resolve) => setTimeout(resolve, 50));
    await redis.close();
  });
};

describeUnless(noRedisServer(), SUITE, suite);
