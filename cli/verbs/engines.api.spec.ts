/** `souk engines` where concerns have engines of their own: each is asked on its own, and told. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../platform/postgres/free-port.ts';
import { noRedisServer, startRedisServer } from '../../platform/testing/redis-server.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { answerOf } from '../testing/cli-shop.ts';
import { runSouk } from '../testing/run-souk.ts';
import { runVerb } from '../testing/run-verb.ts';

let test: TestDatabase;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  test = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'souk-engines-'));
  const SOUK_MASTER_KEY = randomBytes(32).toString('hex');
  env = { DATABASE_URL: test.url, SOUK_MASTER_KEY, SOUK_DATA_DIR: folder };
}, 60_000);
afterAll(async () => {
  await test.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('an engine that is away', () => {
  it('says so in its rows, without its password, and ends with 3', async () => {
    const port = await freePort();
    // A name with two addresses: Node's error then has no message of its own.
    const away = { ...env, DATABASE_URL: `postgres://souk:hidden@localhost:${port}/souk` };
    const done = await runSouk(['engines', '--json'], away);
    expect(done.code).toBe(3);
    const rows = answerOf(done);
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatchObject({ reachable: false, version: null, latencyMs: null });
    expect(done.stderr).toMatch(/^An engine cannot be reached: .*ECONNREFUSED.*\n$/);
    expect(done.stdout + done.stderr).not.toContain('hidden');
  });

  const away = (port: number) => ({
    EVENTSTORE_URL: `esdb+discover://admin:hidden@127.0.0.1:${port},localhost:${port}?tls=false&maxDiscoverAttempts=1`,
    REDIS_URL: `redis://:hidden@127.0.0.1:${port},redis://:hidden@127.0.0.1:${port}`,
    TYPESENSE_URL: `http://127.0.0.1:${port},http://localhost:${port}`,
    TYPESENSE_API_KEY: 'hidden',
  });

  it('tells which is away and why, and the others all the same', async () => {
    const port = await freePort();
    const done = await runSouk(['engines', '--json'], { ...env, ...away(port) });
    expect(done.code).toBe(3);
    const here = { reachable: true, latencyMs: expect.any(Number), version: expect.stringMatching(/^\d/) };
    const gone = { reachable: false, latencyMs: null, version: null };
    const node = `127.0.0.1:${port}`;
    expect(answerOf(done)).toMatchObject([
      {
        ...gone,
        engine: 'eventstoredb',
        url: expect.stringContaining(`esdb+discover://admin@${node},localhost:${port}`),
      },
      { ...here, concern: 'read models', engine: 'postgres' },
      { ...gone, engine: 'redis', url: `redis://@${node},redis://@${node}` },
      { ...gone, engine: 'typesense', url: `http://${node},http://localhost:${port}` },
      { ...here, concern: 'payments', engine: 'sandbox' },
    ]);
    for (const engine of ['eventstoredb', 'redis', 'typesense']) {
      expect(done.stderr).toContain(`An engine cannot be reached: ${engine}: `);
    }
    expect(done.stderr).not.toContain('An engine cannot be reached: postgres');
    expect(done.stdout + done.stderr).not.toContain('hidden');
  }, 60_000);

  it('waits for none that hangs', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const REDIS_URL = `redis://127.0.0.1:${port}`;
    try {
      const done = await runSouk(['engines', '--json'], { ...env, REDIS_URL });
      expect(done.code).toBe(3);
      expect(answerOf(done)[2]).toMatchObject({ concern: 'carts', engine: 'redis', reachable: false, url: REDIS_URL });
    } finally {
      silent.close();
    }
  }, 60_000);
});

const REDIS = 'the version of Redis and how soon it answered';
const redisSuite = () =>
  it('is told', async () => {
    const redis = await startRedisServer();
    try {
      const done = await runVerb(['engines', '--json'], { ...env, REDIS_URL: redis.url });
      expect(done).toMatchObject({ code: 0, stderr: '' });
      const told = { concern: 'carts', engine: 'redis', url: redis.url, reachable: true };
      expect(answerOf(done)[2]).toMatchObject({ ...told, version: expect.stringMatching(/^\d+\./) });
    } finally {
      await redis.stop();
    }
  }, 60_000);
describeUnless(noRedisServer(), REDIS, redisSuite);
