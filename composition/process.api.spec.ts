/** A process of the shop from its start to its end: what it refuses to start with, and what a stop leaves undone (nothing). */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../platform/postgres/free-port.ts';
import { readPostmaster } from '../platform/postgres/postmaster-pid.ts';
import { noRedisServer, startRedisServer } from '../platform/testing/redis-server.ts';
import { createTestDatabase } from '../platform/testing/test-database.ts';
import { createClient } from '../write-api/testing/client.ts';
import { startChild } from './testing/start-child.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-process-'));
  // Where root starts it, Postgres runs as another account, which must get in.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const souk = (env: Record<string, string>) =>
  startChild(['--import', './composition/typescript.mjs', 'compose.ts'], {
    SOUK_DATA_DIR: folder,
    SOUK_SEED: 'none',
    RATE_LIMIT: 'off',
    ...env,
  });

describe('a process that cannot start', () => {
  it('ends with 2 and everything that is wrong with its settings', async () => {
    const done = await souk({ PORT: 'abc', SOUK_MASTER_KEY: 'short', LOG_LEVEL: 'loud', REDIS_URL: 'http://x' }).ended;
    expect(done).toMatchObject({ code: 2, stdout: '' });
    for (const name of ['PORT', 'SOUK_MASTER_KEY', 'LOG_LEVEL', 'REDIS_URL'])
      expect(done.stderr).toContain(`- ${name} `);
    expect(done.stderr).not.toContain('short');
  });

  it('ends with 1 and a sentence where its port is taken', async () => {
    const test = await createTestDatabase();
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const done = await souk({ DATABASE_URL: test.url, PORT: String(port) }).ended;
    expect(done).toMatchObject({
      code: 1,
      stderr: `port ${port} on 127.0.0.1 is taken: stop what listens there, or set PORT to another\n`,
    });
    await new Promise((closed) => other.close(closed));
    await test.drop();
  });

  it.each(['127.0.0.1', 'localhost'])('ends with 1 and a sentence where no database is at %s', async (host) => {
    const done = await souk({ DATABASE_URL: `postgres://souk@${host}:${await freePort()}/souk` }).ended;
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^[^\n]*ECONNREFUSED[^\n]*\n$/);
  });

  it('ends with 1 and a sentence where an engine beside the database cannot be reached', async () => {
    const { url: DATABASE_URL, drop } = await createTestDatabase();
    const at = `127.0.0.1:${await freePort()}`;
    const said = await Promise.all([
      failure({ DATABASE_URL, REDIS_URL: `redis://a:secret@${at}` }),
      failure({ DATABASE_URL, EVENTSTORE_URL: `esdb+discover://a:secret@${at}?tls=false` }),
    ]);
    expect(said[0]).toContain(`Redis at ${at} cannot be used (connect ECONNREFUSED ${at})`);
    expect(said[1]).toContain(`EventStoreDB at ${at} cannot be used (`);
    expect(said.join()).not.toContain('secret');
    await drop();
  });

  it('ends with 1 and a sentence where one cannot be used as it is set up', async () => {
    const { url: DATABASE_URL, drop } = await createTestDatabase();
    const refuses = createServer((_, response) => response.writeHead(401).end('{}'));
    await new Promise<void>((done) => refuses.listen(0, '127.0.0.1', done));
    const TYPESENSE_URL = `http://127.0.0.1:${(refuses.address() as AddressInfo).port}`;
    const said = await failure({ DATABASE_URL, TYPESENSE_URL, TYPESENSE_API_KEY: 'secret' });
    expect(said).toMatch(/^Typesense refuses TYPESENSE_API_KEY/);
    await new Promise((closed) => refuses.close(closed));
    if (noRedisServer() === undefined) {
      const redis = await startRedisServer({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
      expect(await failure({ DATABASE_URL, REDIS_URL: redis.url })).toContain('set "maxmemory-policy noeviction"');
      await redis.stop();
    }
    await drop();
  });
});

/** The one line it says when it ends with 1. */
async function failure(env: Record<string, string>): Promise<string> {
  const { code, stderr } = await souk(env).ended;
  expect([code, stderr.split('\n').length]).toEqual([1, 2]);
  return stderr;
}

describe('a process that is told to stop', () => {
  it('answers what it has in hand, ends with 0, and takes the embedded Postgres with it', async () => {
    const port = await freePort();
    const shop = souk({ PORT: String(port) });
    await shop.says('Souk is open at');
    const client = createClient(`http://127.0.0.1:${port}`);
    const data = join(folder, 'postgres', 'cluster', 'data');
    expect(await readPostmaster(data)).toBeDefined();
    let answered = 0;
    const requests = Array.from({ length: 24 }, (_, at) =>
      client.call('POST /auth/signup', {
        body: { email: `p${at}@example.com`, password: 'correct horse battery', name: 'Pat' },
      }),
    );
    for (const request of requests) void request.then(() => answered++);
    // A sign-up hashes for a while: those that are neither answered nor on their way are in hand.
    while (answered + (await inHand(port)) < requests.length) await Promise.race([...requests, sleep(10)]);
    shop.process.kill('SIGTERM');
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 201));
    const done = await shop.ended;
    expect(done).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(await readPostmaster(data)).toBeUndefined();
  });
});

/** Requests the process has in hand, but for the one that asks. */
async function inHand(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return Number(/^http_requests_in_flight (\d+)/m.exec(await response.text())?.[1] ?? 0) - 1;
}
