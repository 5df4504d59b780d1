/** What a backup keeps apart from the log: the keys to what is personal in it, and what stands nowhere else. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { createLineFile, DamagedFile, linesOf } from '../../event-store/backup/line-file.ts';
import { isSigned, type SignedHead, signedHeadSchema } from '../../event-store/chain/signed-head.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { inTransaction } from '../../projections/runtime/transaction.ts';
import { BACKED_UP_TABLES, type BackedUpTable, insertRows, numberWebhooks, prepareShopTables } from './shop-tables.ts';

/** Of the log these keys were read after: every key that its events need was there. */
const headerSchema = z.object({ souk: z.literal('keys'), format: z.literal(1), head: signedHeadSchema });
const rowSchema = z.tuple([z.enum(BACKED_UP_TABLES), z.record(z.string(), z.unknown())]);
const trailerSchema = z.object({ end: z.object({ rows: z.number(), hash: z.string() }) });

const KEY: Readonly<Record<BackedUpTable, { readonly column: string; readonly type: string }>> = {
  'keys.secrets': { column: 'name', type: 'text' },
  'keys.persons': { column: 'person', type: 'uuid' },
  'sandbox.payments': { column: 'payment_id', type: 'text' },
  'sandbox.webhooks': { column: 'id', type: 'bigint' },
  'projections.skipped': { column: 'id', type: 'uuid' },
};
const ROWS_AT_ONCE = 1_000;

/** Writes them as they are now, page by page: a snapshot of all would keep dead rows alive under every append. */
export async function writeKeys(path: string, database: Database, head: SignedHead): Promise<void> {
  const file = createLineFile(path);
  try {
    await file.write(`${JSON.stringify({ souk: 'keys', format: 1, head })}\n`);
    const hash = createHash('sha256');
    let rows = 0;
    for (const table of BACKED_UP_TABLES) {
      for await (const page of pagesOf(database, table)) {
        const text = page.map((row) => `["${table}",${row}]\n`).join('');
        hash.update(text);
        rows += page.length;
        await file.write(text);
      }
    }
    await file.write(`${JSON.stringify({ end: { rows, hash: hash.digest('hex') } })}\n`);
    await file.finish();
  } finally {
    await file.close();
  }
}

async function* pagesOf({ pool }: Database, table: BackedUpTable): AsyncGenerator<readonly string[]> {
  const there = await pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  if (!there.rows[0]?.there) return;
  const { column, type } = KEY[table];
  for (let after: string | null = null; ; ) {
    const { rows }: { rows: { row: string; key: string }[] } = await pool.query(
      `select row_to_json(t)::text as row, ${column}::text as key from ${table} t
       where $1::${type} is null or ${column} > $1::${type} order by ${column} limit ${ROWS_AT_ONCE}`,
      [after],
    );
    if (rows.length === 0) return;
    yield rows.map(({ row }) => row);
    after = rows.at(-1)?.key ?? null;
  }
}

/** Reads all of it. Throws `DamagedFile` where anything is missing or was changed. Gives back the log it belongs to. */
export async function checkKeys(path: string): Promise<SignedHead> {
  const hash = createHash('sha256');
  let [rows, head, ended]: [number, SignedHead | undefined, boolean] = [0, undefined, false];
  for await (const lines of linesOf(path)) {
    for (const line of lines) {
      if (ended) throw new DamagedFile(path, 'there is more behind its end');
      if (!head) head = checked(path, headerSchema, line).head;
      else if (line.startsWith('[')) {
        rows += 1;
        hash.update(`${line}\n`);
      } else {
        const { end } = checked(path, trailerSchema, line);
        if (end.rows !== rows || end.hash !== hash.digest('hex')) throw new DamagedFile(path, 'its rows were changed');
        ended = true;
      }
    }
  }
  if (!head || !ended) throw new DamagedFile(path, 'its end is missing');
  if (!isSigned(head)) throw new DamagedFile(path, 'the log it names is not the one that was signed');
  return head;
}

/**
 * Puts the rows of a checked file into a shop's database, in one transaction. Whoever is erased, in the file or in the
 * database, stays so. Repeated, it changes nothing.
 */
export async function restoreKeys(
  path: string,
  database: Database,
): Promise<{ readonly persons: number; readonly erased: number }> {
  await prepareShopTables(database);
  return inTransaction(database.pool, async (client) => {
    for await (const lines of linesOf(path)) {
      for (const [table, rows] of byTable(path, lines)) {
        await insertRows(client, table, { rows, onConflict: ON_CONFLICT[table] });
      }
    }
    await numberWebhooks(client);
    const { rows } = await client.query<{ persons: number; erased: number }>(
      'select count(wrapped)::integer as persons, (count(*) - count(wrapped))::integer as erased from keys.persons',
    );
    return rows[0] ?? { persons: 0, erased: 0 };
  });
}

const ON_CONFLICT: Readonly<Record<BackedUpTable, string>> = {
  'keys.secrets': 'on conflict (name) do update set wrapped = excluded.wrapped',
  'keys.persons': `on conflict (person) do update set wrapped = excluded.wrapped, erased_at = excluded.erased_at
    where keys.persons.erased_at is null`,
  'sandbox.payments': 'on conflict do nothing',
  'sandbox.webhooks': 'on conflict do nothing',
  'projections.skipped': 'on conflict do nothing',
};

function byTable(path: string, lines: readonly string[]): ReadonlyMap<BackedUpTable, readonly string[]> {
  const tables = new Map<BackedUpTable, string[]>();
  for (const line of lines) {
    if (!line.startsWith('[')) continue;
    const [table, row] = checked(path, rowSchema, line);
    const rows = tables.get(table);
    if (rows) rows.push(JSON.stringify(row));
    else tables.set(table, [JSON.stringify(row)]);
  }
  return tables;
}

function checked<T>(path: string, schema: z.ZodType<T>, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    throw new DamagedFile(path, 'it holds no keys as souk backup --keys writes them');
  }
}
