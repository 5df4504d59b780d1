/** What stands in a shop's database and nowhere else, not in the log either: it goes along when the shop moves. */
import type { Migration } from 'kysely';
import type pg from 'pg';
import { processMigrations } from '../../commands/processes/migrations.ts';
import { sessionMigrations } from '../../commands/sessions/migrations.ts';
import { httpMigrations } from '../../platform/http/migrations.ts';
import { keyMigrations } from '../../platform/keys/migrations.ts';
import { sandboxMigrations } from '../../platform/payments/sandbox/migrations.ts';
import { type Database, migrate } from '../../platform/postgres/database.ts';
import { projectionMigrations } from '../../projections/migrations.ts';
import { inTransaction } from '../../projections/runtime/transaction.ts';

type Concern = {
  readonly name: string;
  readonly migrations: Readonly<Record<string, Migration>>;
  /** Each after those it refers to. */
  readonly tables: readonly string[];
};

/** Everything else is made from the log, or lives for seconds. docs/growing.md has this list in words. */
const CONCERNS: readonly Concern[] = [
  { name: 'keys', migrations: keyMigrations, tables: ['keys.secrets', 'keys.persons'] },
  {
    name: 'sessions',
    migrations: sessionMigrations,
    tables: ['public.auth_sessions', 'public.auth_refresh_tokens', 'public.auth_login_failures'],
  },
  { name: 'http', migrations: httpMigrations, tables: ['http.idempotency_records'] },
  { name: 'sandbox', migrations: sandboxMigrations, tables: ['sandbox.payments', 'sandbox.webhooks'] },
  { name: 'projections', migrations: projectionMigrations, tables: ['projections.skipped'] },
  { name: 'processes', migrations: processMigrations, tables: ['processes.due', 'processes.checkpoint'] },
];

/** The tables that go along. */
export const SHOP_TABLES: readonly string[] = CONCERNS.flatMap(({ tables }) => tables);

/** Brings the tables of a database up to date: rows go over by the names of their columns. */
export async function prepareShopTables(database: Database): Promise<void> {
  for (const { name, migrations } of CONCERNS) await migrate(database, name, migrations);
}

/**
 * What a backup keeps beside the log, apart from it: the keys of persons, the secret that names streams, what the test
 * gateway knows, and which events read models leave out, and why. Not who is signed in (a session ended since must not come back), not kept answers (they are plain, and
 * live for a day), and not due work, which is made from the log.
 */
export const BACKED_UP_TABLES = [
  'keys.secrets',
  'keys.persons',
  'sandbox.payments',
  'sandbox.webhooks',
  'projections.skipped',
] as const;
export type BackedUpTable = (typeof BACKED_UP_TABLES)[number];

const ROWS_AT_ONCE = 1_000;

/**
 * Makes the tables of `to` what those of `from` are at one moment. `to` is in the transaction of the caller, so that they
 * are replaced as a whole or not at all.
 */
export async function copyShopTables(from: Database, to: pg.ClientBase): Promise<void> {
  await to.query(`truncate ${SHOP_TABLES.join(', ')}`);
  await inTransaction(from.pool, async (reader) => {
    await reader.query('set transaction isolation level repeatable read, read only');
    for (const table of SHOP_TABLES) await copyTable(reader, to, table);
  });
  await numberWebhooks(to);
}

/** The next webhook must not take a number that came along. */
export async function numberWebhooks(to: pg.ClientBase): Promise<void> {
  await to.query(`select setval(pg_get_serial_sequence('sandbox.webhooks', 'id'), coalesce(max(id), 0) + 1, false)
    from sandbox.webhooks`);
}

/** As JSON, which Postgres writes and reads without loss for every type in these tables. */
async function copyTable(from: pg.ClientBase, to: pg.ClientBase, table: string): Promise<void> {
  await from.query(`declare shop_rows no scroll cursor for select row_to_json(t)::text as row from ${table} t`);
  for (;;) {
    const { rows } = await from.query<{ row: string }>(`fetch ${ROWS_AT_ONCE} from shop_rows`);
    if (rows.length === 0) break;
    await insertRows(to, table, { rows: rows.map(({ row }) => row) });
  }
  await from.query('close shop_rows');
}

/** Inserts rows that `row_to_json` made; `onConflict`: what becomes of those that are there. */
export async function insertRows(
  to: pg.ClientBase,
  table: string,
  { rows, onConflict = '' }: { readonly rows: readonly string[]; readonly onConflict?: string },
): Promise<void> {
  await to.query(
    `insert into ${table} overriding system value
     select * from json_populate_recordset(null::${table}, $1::json) ${onConflict}`,
    [`[${rows.join(',')}]`],
  );
}
