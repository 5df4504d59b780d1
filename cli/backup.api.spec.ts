/** `souk backup`, `restore` and `events verify` as people type them: a shop comes back, and goes on. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backUpShop } from '../composition/moving/back-up-shop.ts';
import { type RunningProcess, startProcess } from '../composition/process.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { randomRuns } from '../event-store/testing/random-log.ts';
import { loadConfig } from '../platform/config/config.ts';
import { createPostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import { until } from '../platform/testing/until.ts';
import { createClient, type Json } from '../write-api/testing/client.ts';
import { answerOf } from './testing/cli-shop.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const masterKey = randomBytes(32);
const secrets = { SOUK_MASTER_KEY: masterKey.toString('hex') };

let folder: string;
let old: TestDatabase;
let next: TestDatabase;
beforeAll(async () => {
  [old, next] = [await createTestDatabase(), await createTestDatabase()];
  folder = mkdtempSync(join(tmpdir(), 'souk-backup-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([old.drop(), next.drop()]);
});
const file = (name: string) => join(folder, name);
const env = ({ url }: TestDatabase) => ({ ...secrets, DATABASE_URL: url, SOUK_DATA_DIR: folder });

async function open(database: TestDatabase): Promise<RunningProcess> {
  const settings = { ...env(database), PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'silent', SOUK_SEED: 'none' };
  return startProcess({ config: loadConfig(settings), logger });
}
async function stop({ stopSteps }: RunningProcess): Promise<void> {
  for (const step of stopSteps) await step.run();
}

describe('a shop', () => {
  const ada = { email: 'ada@example.com', password: 'the engine weaves' };
  let backup: Json;

  it('is backed up while it is open: its chain goes into the file, and its keys into another', async () => {
    const shop = await open(old);
    await createClient(shop.url).done('POST /auth/signup', { body: { ...ada, name: 'Ada' } });
    const kept = () => JSON.parse(readFileSync(file('chain-head.json'), 'utf8'));
    await until(async () => kept().head?.endsWith((await shop.engines.store.head()) ?? '-'));
    const args = ['backup', '--to', file('log'), '--keys', file('keys'), '--json'];
    const done = await runSouk(args, env(old));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    backup = answerOf(done);
    expect(backup).toMatchObject({ keys: true, logId: (await shop.engines.store.identity()).logId });
    const events = await shop.engines.store.readAll({ after: null });
    expect(events.events.at(-1)).toMatchObject({ type: 'OperationRecorded', data: { action: 'backup' } });
    expect(backup.events).toBe(events.events.length);
    await stop(shop);
  });

  it('comes back in another database: the head kept of it holds there, and who had an account signs in', async () => {
    const restored = await runSouk(['restore', '--from', file('log'), '--keys', file('keys'), '--json'], env(next));
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(restored)).toMatchObject({ events: backup.events, hash: backup.hash, keys: { erased: 0 } });
    const shop = await open(next);
    const client = createClient(shop.url);
    expect(await client.call('POST /auth/login', { body: ada })).toMatchObject({ status: 200 });
    writeFileSync(file('head.json'), JSON.stringify(backup));
    const verified = await runVerb(['events', 'verify', '--head', file('head.json'), '--json'], env(next));
    expect(answerOf(verified)).toMatchObject({ ok: true, events: backup.events + 1 });
    const { events } = await shop.engines.store.readAll({ after: null });
    expect(events.at(-1)).toMatchObject({
      data: { action: 'restore' },
      metadata: { actor: expect.stringMatching(/^cli:/) },
    });
    await stop(shop);
  });

  it('that was tampered with is told with 1, and where', async () => {
    await next.database.pool.query(`update log.events set data = '{}' where position = 2`);
    const found = await runVerb(['events', 'verify', '--head', JSON.stringify(backup), '--json'], env(next));
    expect(found).toMatchObject({ code: 1, stderr: expect.stringMatching(/after event 0, up to event/) });
    expect(answerOf(found)).toMatchObject({ ok: false, broken: { after: 0, first: expect.stringMatching(/-0*1$/) } });
  });
});

describe('a restore that is killed', () => {
  it('is gone on with by the same command; without keys it says what cannot be read', async () => {
    const [source, target] = [await createTestDatabase(), await createTestDatabase()];
    try {
      await createPostgresKeyStore({ database: source.database, masterKey });
      const store = await createPostgresEventStore({ url: source.url, logger });
      const writer = createOrderedWriter(source.url);
      await writer.write(randomRuns(8_000));
      const shop = { store, database: source.database, masterKey, config: { dataDir: folder } };
      const options = {
        to: file('long'),
        keys: undefined,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      };
      const made = await backUpShop(shop, options);
      await Promise.all([store.close(), writer.close()]);
      const restore = ['restore', '--from', file('long'), '--json'];
      const reached = async () => {
        const there = await target.database.pool.query("select to_regclass('log.head') is not null as there");
        if (!there.rows[0].there) return 0;
        return Number((await target.database.pool.query('select position from log.head')).rows[0].position);
      };
      const first = startSouk(restore, env(target));
      await until(reached);
      first.process.kill('SIGKILL');
      await first.ended;
      const before = await reached();
      const again = await runVerb(restore, env(target));
      expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/keys it was written with are not here/) });
      const { events, hash } = made?.head ?? { events: 0, hash: '' };
      expect(answerOf(again)).toMatchObject({ events, hash, restored: events - before, keys: null });
    } finally {
      await Promise.all([source.drop(), target.drop()]);
    }
  });
});
