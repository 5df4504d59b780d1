/** A database of its own for a test file, on the run's Postgres: the one a variable names, a container or the embedded one. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { findEngine } from '../../test/support/engines.ts';
import { noteEngine } from '../../test/support/notes.ts';
import { runFolder } from '../../test/support/once-per-run.ts';
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
  const found = await findEngine('Postgres');
  if (found.how === undefined) throw new Error(found.why);
  const url = found.url ?? (await embeddedUrl());
  const [row] = await admin<{ server_version: string }>(url, 'show server_version');
  noteEngine({ engine: 'Postgres', ...found, version: row?.server_version });
  return url;
}

async function embeddedUrl(): Promise<string> {
  const logger = createLogger({ name: 'souk-test', level: 'warn', format: 'json', to: 'stderr' });
  // Every commit would wait for the disk, for data that is gone with the run.
  return (await ensureEmbeddedPostgres({ dataDir: runFolder(), logger, throwaway: true })).url;
}

async function admin<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'souk-test-admin' });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
