/** A database of its own for a test file, on the run's Postgres or on the one TEST_DATABASE_URL names. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createLogger } from '../logging/logger.ts';
import { type Database, openDatabase } from '../postgres/database.ts';
import { ensureEmbeddedPostgres } from '../postgres/embedded.ts';

export type TestDatabase = {
  readonly url: string;
  readonly database: Database;
  /** Closes the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
};

export type TestDatabaseOptions = {
  /** Connections of the pool at most (10). */
  readonly max?: number;
};

/** Makes an empty database; the run's Postgres is started by whoever is first. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await admin(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = openDatabase(url.href, { applicationName: 'souk-test', max: options.max ?? 10 });
  return {
    url: url.href,
    database,
    async drop() {
      await database.close();
      await admin(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function serverUrl(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return given;
  const dataDir = process.env.SOUK_TEST_DATA_DIR ?? join(tmpdir(), `souk-test-run-${process.ppid}`);
  const logger = createLogger({ name: 'souk-test', level: 'warn', format: 'json', to: 'stderr' });
  return (await ensureEmbeddedPostgres({ dataDir, logger })).url;
}

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'souk-test-admin' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
