/** Which way an engine is found, and that a run looks only once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { findEngine, findOwnEventStore } from './engines.ts';
import { besidePostgres } from './shop-engines.ts';

const before = { ...process.env };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-engines-'));
  // A run of its own, where nothing is named and no Docker engine answers.
  for (const name of Object.keys(process.env)) if (/_URL$|^SOUK_TEST_/.test(name)) delete process.env[name];
  Object.assign(process.env, { SOUK_TEST_DATA_DIR: folder, DOCKER_HOST: 'unix:///nowhere/docker.sock' });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  rmSync(folder, { recursive: true, force: true });
});

it('takes the server that a variable names', async () => {
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://b',
    TEST_DATABASE_URL: 'postgres://a',
    REDIS_URL: 'redis://r',
  });
  expect(await findEngine('Postgres')).toMatchObject({ how: 'URL', url: 'postgres://a' });
  expect(await findEngine('Redis')).toMatchObject({ how: 'URL', url: 'redis://r' });
});

it('falls back on what stands in, and says what was passed over', async () => {
  expect(await findEngine('Postgres')).toEqual({
    how: 'embedded',
    passedOver: ['TEST_DATABASE_URL and DATABASE_URL not set', 'no Docker engine answers'],
  });
  expect(await findEngine('EventStoreDB')).toMatchObject({ how: 'double' });
  expect(await findEngine('Typesense')).toMatchObject({ how: 'recorded answers' });
});

it('gives a whole shop no log that it would share', async () => {
  process.env.EVENTSTORE_URL = 'esdb://127.0.0.1:2113';
  expect(await findEngine('EventStoreDB')).toMatchObject({ how: 'URL' });
  expect(await findOwnEventStore()).toMatchObject({ how: 'double' });
});

it('takes containers where Docker answers, unless it is told not to; asks once in a run', async () => {
  let asked = 0;
  const docker = createServer((_, answer) => {
    asked += 1;
    answer.end('OK');
  });
  await new Promise<void>((done) => docker.listen(0, '127.0.0.1', done));
  process.env.DOCKER_HOST = `tcp://127.0.0.1:${(docker.address() as AddressInfo).port}`;
  expect(await findEngine('EventStoreDB')).toMatchObject({ how: 'container' });
  expect(await findOwnEventStore()).toMatchObject({ how: 'container' });
  expect(asked).toBe(1);
  process.env.SOUK_TEST_CONTAINERS = 'off';
  expect(await findEngine('Postgres')).toMatchObject({ how: 'embedded' });
  await new Promise((closed) => docker.close(closed));
});

it('refuses an engine that it does not know', () => {
  process.env.SOUK_TEST_ENGINES = 'eventstoredb,kafka';
  expect(() => besidePostgres()).toThrow(/SOUK_TEST_ENGINES should be some of .*, not kafka/);
});
