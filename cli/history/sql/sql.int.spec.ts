/** `souk sql` over a small marketplace: its views, its live tables, and what it lets nobody reach. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allDerived, allProjections } from '../../../projections/all.ts';
import { PERSONAL_COLUMNS } from '../../../projections/personal.ts';
import type { Projection } from '../../../projections/runtime/types.ts';
import { ADDRESS, EMAIL } from '../../../projections/testing/purchase.ts';
import { createTestLog, type TestLog } from '../../../projections/testing/test-log.ts';
import { exportHistory } from '../export-history.ts';
import { copyLive, liveTables } from './live-tables.ts';
import { type History, openHistory } from './open-history.ts';
import { readStatement } from './statement.ts';
import { buyerId, lamp, NETWORK_ADDRESS, tellSqlStory } from './testing/sql-story.ts';
import { VIEWS } from './views.ts';

const NAMES = [...allProjections, ...allDerived].map((model) => model.name);
let log: TestLog;
let dir: string;
let history: History;

const { signal } = new AbortController();
const rowsOf = async ({ connection }: History, sql: string) =>
  (await connection.runAndReadAll(sql)).getRowObjectsJson();
const rows = (sql: string) => rowsOf(history, sql);

beforeAll(async () => {
  log = await createTestLog();
  const position = await tellSqlStory(log);
  const projections = log.runtime();
  await projections.start();
  expect(await projections.waitFor(position, NAMES, 20_000)).toEqual({ ok: true });
  dir = mkdtempSync(join(tmpdir(), 'souk-sql-'));
  await exportHistory(log, { dir, format: 'parquet', personal: 'omit', signal });
  history = await openHistory(dir);
  for (const table of liveTables({ personal: false }))
    await copyLive(log.database.pool, history.connection, { table, signal });
});
afterAll(async () => {
  history?.close();
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});

it('has the whole history as events, with their columns', async () => {
  const [counted] = await rows('select count(*) as n, count(distinct stream) as streams from events');
  const { events } = await log.store.readAll({ after: null, limit: 1_000 });
  expect(counted).toEqual({ n: String(events.length), streams: String(new Set(events.map((it) => it.stream)).size) });
  const [first] = await rows(`select category, revision, actor, schemaVersion, data->>'$.userId' as who,
    (occurredAt - recordedAt) = interval 0 second as atOnce from events order by position limit 1`);
  expect(first).toEqual({
    category: 'user',
    revision: 0,
    actor: 'cli:test',
    schemaVersion: 1,
    who: buyerId,
    atOnce: true,
  });
});

describe('the view', () => {
  it('orders has each order as its read model does, with its money', async () => {
    expect(await rows('from orders order by placedAt')).toMatchObject([
      {
        status: 'confirmed',
        lines: 2,
        units: '3',
        items: '8998',
        total: '9498',
        captured: '9498',
        refunded: '1000',
        buyerId,
      },
      {
        status: 'rejected',
        reason: 'payment_declined',
        captured: '0',
        refunded: '0',
        confirmedAt: null,
        buyerId: null,
      },
    ]);
    const differing = await rows(`select * from orders o full join live.orders l using (orderId) where
      (o.status, o.number, o.cartId, o.buyerId, o.placedAt, o.total) is distinct from
      (l.status, l.number, l.cartId, l.buyerId, l.placedAt, (l.quote->>'$.totals.total.amount')::bigint)`);
    expect(differing).toEqual([]);
  });

  it('order_lines adds up to the items of each order', async () => {
    expect(await rows('select count(*)::int as n from order_lines')).toEqual([{ n: 3 }]);
    const differing = await rows(`select orderId from orders join
      (select orderId, sum(lineTotal) as lineTotals, sum(quantity) as quantities from order_lines group by orderId)
      using (orderId) where lineTotals <> items or quantities <> units`);
    expect(differing).toEqual([]);
  });

  it('funnel says how far the carts of a day came', async () => {
    const [day] = await rows('select * exclude (day) from funnel');
    expect(day).toEqual({ opened: '3', withItems: '2', checkedOut: '2', placed: '2', confirmed: '1' });
  });

  it('cohorts counts those who bought, not guests and not what was refused', async () => {
    expect(await rows('select monthsSince, buyers, orders from cohorts')).toEqual([
      { monthsSince: 0, buyers: '1', orders: '1' },
    ]);
  });

  it('price_history has each price until the next, and today’s as the read model has it', async () => {
    const prices = await rows(`select price, validTo is null as open from price_history
      where variantId = '${lamp.variantId}' order by validFrom`);
    expect(prices).toEqual([
      { price: '1999', open: false },
      { price: '2500', open: true },
    ]);
    const differing = await rows(`select * from price_history p full join live.variants v using (variantId)
      where validTo is null and (p.price, p.currency) is distinct from (v.priceAmount, v.currency)`);
    expect(differing).toEqual([]);
  });

  it('stock_history is a ledger that ends where the read model stands', async () => {
    const ledger = await rows(`select type, onHand, reserved, available from stock_history
      where variantId = '${lamp.variantId}' order by revision`);
    expect(ledger.map((row) => Object.values(row).join(' '))).toEqual([
      'StockReceived 10 0 10',
      'StockReserved 10 2 8',
      'ReservationCommitted 8 0 8',
      'StockReserved 8 1 7',
      'ReservationReleased 8 0 8',
      'StockAdjusted 7 0 7',
    ]);
    const differing = await rows(`select * from live.inventory i left join
      (select variantId, arg_max(onHand, revision) as onHand, arg_max(reserved, revision) as reserved
        from stock_history group by variantId) h using (variantId)
      where (h.onHand, h.reserved) is distinct from (i.onHand, i.reserved)`);
    expect(differing).toEqual([]);
  });
});

describe('live tables', () => {
  it('are typed, in camelCase', async () => {
    const [order] = await rows(`select typeof(placedAt) as at, typeof(quote) as quote, typeof(sellerIds) as sellers,
      (select typeof(onHand) from live.inventory limit 1) as onHand from live.orders limit 1`);
    expect(order).toEqual({ at: 'TIMESTAMP WITH TIME ZONE', quote: 'JSON', sellers: 'VARCHAR[]', onHand: 'BIGINT' });
  });

  it('hold no personal data, unless it is asked for', async () => {
    const shown = async () => {
      const all = await Promise.all(
        liveTables({ personal: true }).map(({ name }) => rows(`select t::varchar as row from live."${name}" t`)),
      );
      return JSON.stringify(all);
    };
    for (const secret of [EMAIL, ADDRESS.line1, 'Ada', NETWORK_ADDRESS]) expect(await shown()).not.toContain(secret);
    for (const table of liveTables({ personal: true })) {
      await history.connection.run(`drop table live."${table.name}"`);
      await copyLive(log.database.pool, history.connection, { table, signal });
    }
    for (const secret of [EMAIL, ADDRESS.line1, 'Ada', NETWORK_ADDRESS]) expect(await shown()).toContain(secret);
  });

  it('name as personal only columns that there are', () => {
    const columns = allProjections.flatMap((it) => Object.keys(it.columns).map((column) => `${it.table}.${column}`));
    const named = Object.entries(PERSONAL_COLUMNS).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
    expect(named.filter((name) => !columns.includes(name))).toEqual([]);
  });

  it('are copied whole, page by page', async () => {
    const { pool } = log.database;
    await pool.query(`create table projections.whole_numbers as select 'k' || lpad(n::text, 6, '0') collate "C" as key,
      9007199254740993 + n as big from generate_series(1, 12000) n`);
    const projection = { table: 'whole_numbers', keyColumn: 'key' } as unknown as Projection;
    const columns = [
      { name: 'key', from: 'key', type: 'VARCHAR' },
      { name: 'big', from: 'big', type: 'BIGINT' },
    ];
    await copyLive(pool, history.connection, { table: { name: 'numbers', columns, projection }, signal });
    expect(await rows('select count(distinct key) as n, max(big) as most from live.numbers')).toEqual([
      { n: '12000', most: '9007199254752993' },
    ]);
  });
});

describe('an export', () => {
  it('as lines of JSON gives the same views as one in Parquet', async () => {
    const lines = join(dir, 'lines');
    await exportHistory(log, { dir: lines, format: 'ndjson', personal: 'omit', signal });
    const other = await openHistory(lines);
    try {
      for (const name of ['events', ...VIEWS.map((view) => view.name)]) {
        const sorted = `from (select t::varchar as row from "${name}" t) order by row`;
        expect(await rowsOf(other, sorted)).toEqual(await rows(sorted));
      }
    } finally {
      other.close();
    }
  });

  it('that is empty has every table and view', async () => {
    const empty = await openHistory();
    try {
      for (const { name } of VIEWS) expect(await rowsOf(empty, `from "${name}"`)).toEqual([]);
      expect(await rowsOf(empty, 'select count(*)::int as n from events')).toEqual([{ n: 0 }]);
    } finally {
      empty.close();
    }
  });

  it('is not any folder', async () => {
    await expect(openHistory(tmpdir())).rejects.toMatchObject({ exitCode: 2, message: /holds no export/ });
  });

  // What the parser lets through is held off by DuckDB itself.
  it.each([
    "from read_csv('/etc/passwd')",
    "from read_text('/etc/passwd')",
    "from '/etc/passwd'",
    "from glob('/etc/*')",
    "copy events to '/tmp/souk-sql-out.csv'",
    "attach '/tmp/souk-sql-out.db'",
    'install httpfs',
    'load httpfs',
    'set enable_external_access = true',
    "set allowed_directories = ['/etc']",
    'set lock_configuration = false',
    "create view v as from read_text('/etc/passwd')",
  ])('lets nobody out: %s', async (sql) => {
    await expect(rows(sql)).rejects.toThrow(/Permission Error|configuration has been locked|does not exist|disabled/);
  });

  it('lets nobody read the files beside its own', async () => {
    for (const path of [join(dir, 'manifest.json'), `${dir}/../${basename(dir)}/manifest.json`, join(dir, '*')])
      await expect(rows(`from read_text('${path}')`)).rejects.toThrow(/Permission Error/);
  });
});

it('answers the questions of docs/sql.md', async () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/sql.md'), 'utf8');
  const questions = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
  expect(questions).toHaveLength(5);
  const answers = [];
  for (const sql of questions) answers.push(await rows((await readStatement(history.connection, sql)).sql));
  const [sold, weeks, repriced, stock, differing] = answers;
  expect(sold).toMatchObject([{ units: '2' }, { units: '1' }]);
  expect(weeks).toMatchObject([{ opened: '3', confirmed: '1', percent: 33.3 }]);
  expect(repriced).toMatchObject([{ variantId: lamp.variantId, atFirst: '1999', today: '2500', changes: '1' }]);
  expect(stock).toHaveLength(2);
  expect(differing).toEqual([]);
});
