/** A pool of connections to one Postgres, and the migrations of the concerns that live in it. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, type Migration, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { errorCode } from '../process/error-code.ts';
import { outliveChangedPlans } from './changed-plans.ts';

export type Database = {
  readonly url: string;
  readonly pool: pg.Pool;
  /** For migrations and for queries that gain from being built; hot paths speak SQL to `pool`. */
  // biome-ignore lint/suspicious/noExplicitAny: tables belong to many concerns; each types its own
  readonly kysely: Kysely<any>;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  /** Shown in pg_stat_activity; starts with `souk`. */
  readonly applicationName: string;
  /** Connections at most (10). */
  readonly max?: number;
  /** Told of errors on idle connections, as when the server goes away; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
};

// int8 as number: positions and counts stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Opens a pool; no connection is made before the first query. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  // While a connection is lent out the pool does not listen, and its loss, unheard, would end the process. Whoever has it
  // is told by the query under way, or by the next.
  pool.on('connect', (client) => client.on('error', () => undefined));
  outliveChangedPlans(pool);
  const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
  return { url, pool, kysely, close: () => pool.end() };
}

/**
 * Brings one concern's tables up to date; each concern has its own list and its own record of what was applied. Safe
 * when several processes start together: Kysely's migrator takes a lock. It looks at all schemas there are, so that one
 * which is dropped at that moment, as an old generation of rows is, fails it: it is then asked again. Throws the first
 * error.
 */
export async function migrate(
  database: Database,
  concern: string,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: `souk_migrations_${concern}`,
    migrationLockTableName: `souk_migrations_${concern}_lock`,
  });
  for (let attempt = 1; ; attempt++) {
    const { error } = await migrator.migrateToLatest();
    if (!error) return;
    if (attempt === ATTEMPTS || !DROPPED_MEANWHILE.has(errorCode(error) ?? '')) throw error;
    await delay(50 * attempt);
  }
}

const ATTEMPTS = 10;
/** No such schema, no such table, and a look-up of what is gone (`internal_error`). */
const DROPPED_MEANWHILE = new Set(['3F000', '42P01', 'XX000']);
