/** Migrations, while somebody else makes and drops schemas. */
import { expect, it } from '@jest/globals';
import { type Migration, sql } from 'kysely';
import { createTestDatabase } from '../testing/test-database.ts';
import { migrate } from './database.ts';

it('brings tables up to date while schemas are dropped', async () => {
  const { database, drop } = await createTestDatabase();
  let over = false;
  // As old generations of rows are.
  const dropping = Array.from({ length: 3 }, async (_, at) => {
    const made = `create schema old_${at}; create table old_${at}.rows ()`;
    while (!over) await database.pool.query(made).then(() => database.pool.query(`drop schema old_${at} cascade`));
  });
  const migrations: Record<string, Migration> = {};
  try {
    for (let at = 0; at < 8; at++) {
      migrations[`0${at + 10}`] = { up: async (db) => void (await sql.raw(`create table t${at} ()`).execute(db)) };
      await migrate(database, 'test', migrations);
    }
    const { rows } = await database.pool.query(
      `select count(*)::int as made from pg_tables where tablename ~ '^t\\d+$'`,
    );
    expect(rows).toEqual([{ made: 8 }]);
  } finally {
    over = true;
    await Promise.all(dropping);
    await drop();
  }
});
