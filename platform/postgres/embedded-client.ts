/** One connection to the embedded server, for asking it who it is and for showing that we are here. */
import pg from 'pg';
import { ROLE, readPassword } from './embedded-cluster.ts';
import type { Place } from './embedded-place.ts';

/** The database everything lives in. */
export const DATABASE = 'souk';

/** The connection string of a database of this server. */
export function urlOf(password: string, port: number, database: string): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

/** Connects, or throws what Postgres or the network said. A connection lost later is told by its `end` event. */
export async function connect(url: string, applicationName: string, timeoutMs = 5_000): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
  });
  // Without a listener a server that dies would end this process; the `end` event follows and is acted on.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** Runs one question on a connection of its own. */
export async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = await connect(url, 'souk-start');
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Makes the database when it is not there yet. */
export async function ensureDatabase(place: Place, port: number): Promise<string> {
  const password = await readPassword(place);
  const admin = urlOf(password, port, 'postgres');
  const found = await ask(admin, `select 1 from pg_database where datname = '${DATABASE}'`);
  if (found.length === 0) await ask(admin, `create database ${DATABASE}`);
  return urlOf(password, port, DATABASE);
}
