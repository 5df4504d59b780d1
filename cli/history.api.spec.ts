/** The history as people ask for it on the command line: exported, replayed, counted. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { randomRuns } from '../event-store/testing/random-log.ts';
import { createPostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import { until } from '../platform/testing/until.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

const EVENTS = 30_000;

let test: TestDatabase;
let folder: string;
let env: Record<string, string>;
let written: number;
beforeAll(async () => {
  test = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'souk-history-'));
  const masterKey = randomBytes(32);
  env = { DATABASE_URL: test.url, SOUK_MASTER_KEY: masterKey.toString('hex'), SOUK_ACTOR: 'test' };
  // The keys first: under a log without any nothing opens.
  await createPostgresKeyStore({ database: test.database, masterKey });
  const store = await createPostgresEventStore({
    url: test.url,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  const writer = createOrderedWriter(test.url);
  const runs = randomRuns(EVENTS);
  written = runs.reduce((sum, { events }) => sum + events.length, 0);
  for (let from = 0; from < runs.length; from += 500) await writer.write(runs.slice(from, from + 500));
  await Promise.all([writer.close(), store.close()]);
});
afterAll(async () => {
  await test.drop();
  rmSync(folder, { recursive: true, force: true });
});

const json = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout);

it('an export that is killed or interrupted goes on with the same command, and ends complete', async () => {
  const to = join(folder, 'export');
  const args = ['events', 'export', '--to', to, '--format', 'ndjson', '--category', 'order', '--json'];
  const begun = () =>
    readdirSync(folder).includes('export') && readdirSync(to).some((name) => name.endsWith('.gz.unfinished'));
  const killed = startSouk(args, env);
  await until(async () => begun());
  killed.process.kill('SIGKILL');
  await killed.ended;
  expect(begun()).toBe(true);
  rmSync(join(to, 'events-000001.ndjson.gz.unfinished'));
  const stopped = startSouk(args, env);
  await until(async () => begun());
  stopped.process.kill('SIGINT');
  expect(await stopped.ended).toMatchObject({ code: 130, stdout: '', stderr: expect.stringMatching(/^Interrupted\./) });

  const done = await runVerb(args, env);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(json(done)).toMatchObject({ events: written, files: 1, written, undecodable: 0 });
  const lines = gunzipSync(readFileSync(join(to, 'events-000001.ndjson.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(written);
}, 60_000);

it('a fold in TypeScript, wherever it lies, is run over what is chosen', async () => {
  const fold = join(folder, 'count.ts');
  writeFileSync(
    fold,
    `type Counts = Map<string, number>;
     export const initial: Counts = new Map();
     export function evolve(counts: Counts, event: { readonly type: string }): Counts {
       return counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
     }`,
  );
  const done = await runSouk(['replay', fold, '--category', 'order', '--json'], env);
  const stdout = `{"ItemAdded":${written}}\n`;
  expect(done).toEqual({
    code: 0,
    signal: null,
    stdout,
    stderr: expect.stringMatching(`^${written} events in .* a second`),
  });
});

it('what was done with the history is in its own audit, and counts follow every filter', async () => {
  const stats = (...args: string[]) => runVerb(['events', 'stats', '--json', ...args], env).then(json);
  const audited = await stats('--category', 'operation', '--actor', 'cli:test');
  expect(audited).toMatchObject({ byType: { OperationRecorded: audited.events } });
  // Three exports, of which two did not end, and one replay.
  expect(audited.events).toBe(4);
  const all = await stats();
  expect(all).toMatchObject({ events: written + audited.events, byCategory: { order: written } });
}, 30_000);
