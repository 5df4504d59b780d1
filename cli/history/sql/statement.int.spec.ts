/** Which statements may run, and what is known of them before they do. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DuckDb, openDuckDb } from '../duckdb.ts';
import { readStatement } from './statement.ts';

let duck: DuckDb;
beforeAll(async () => {
  duck = await openDuckDb({ files: [] });
});
afterAll(() => duck.close());
const read = (sql: string) => readStatement(duck.connection, sql);

describe('the live tables that a statement names', () => {
  it.each([
    ['from live.orders', ['orders']],
    ['select 1 from events join live.orders o using (x) left join live.payments on true', ['orders', 'payments']],
    ['with a as (from live.carts) select (select count(*) from live.users) from a', ['carts', 'users']],
    ['select exists (from "LIVE"."Orders")', ['orders']],
    ['describe live.orders', ['orders']],
    ['unpivot live.inventory on onHand', ['inventory']],
    ['values (1) union all from live.sellers', ['sellers']],
    // Neither a table of another schema, nor text that looks like one.
    ["select 'live.orders' from orders -- live.carts", []],
  ])('are found in %s', async (sql, tables) => {
    expect([...(await read(sql)).live].toSorted()).toEqual(tables);
  });
});

describe('a statement', () => {
  it.each([
    "copy events to '/tmp/out.csv'",
    "attach '/tmp/x.db'",
    'install httpfs',
    'load httpfs',
    'set enable_external_access = true',
    'reset lock_configuration',
    "pragma table_info('events')",
    'create table x as select 1',
    'create view v as select 1',
    'insert into events select 1',
    "delete from events where id = ''",
    'drop view events',
    "export database '/tmp/x'",
    "import database '/tmp/x'",
    "call enable_logging(storage = 'file', storage_path = '/tmp/x')",
    'set variable x = 1',
    'prepare p as select 1',
    'explain select 1',
    'begin',
    'select 1; select 2',
    "select 1; copy events to '/tmp/out.csv'",
    '',
    '-- nothing',
  ])('that does more, or less, than read is refused: %s', async (sql) => {
    await expect(read(sql)).rejects.toMatchObject({ exitCode: 2, message: /one statement that reads/ });
  });

  it.each([
    "from read_csv('/etc/passwd')",
    "from main.read_text('/etc/passwd')",
    "select (select count(*) from glob('/etc/*'))",
    "with v as (from read_parquet('x')) from v",
    "from query('from read_text(''/etc/passwd'')')",
    "from json_execute_serialized_sql('{}')",
    // It would write where it is told to, and end the whole process where that is forbidden.
    "from enable_logging(storage = 'file', storage_path = '/tmp/x')",
  ])('that reads something else is refused: %s', async (sql) => {
    await expect(read(sql)).rejects.toMatchObject({ exitCode: 2, message: /cannot be selected from/ });
  });

  it('that is wrong is told with DuckDB’s sentence and place', async () => {
    const message = expect.stringMatching(/^Parser Error: syntax error at or near "selec"\n\nLINE 1: selec 1\n/);
    await expect(read('selec 1')).rejects.toMatchObject({ exitCode: 2, message });
  });

  it('may end with a semicolon, and use functions that stand for tables', async () => {
    for (const sql of ['select 1;', 'from range(3), unnest([1])', "from json_each('{}')", 'show tables'])
      expect((await read(sql)).sql).toBe(sql);
  });
});
