import { expect, it } from '@jest/globals';
import { createTestDatabase } from './test-database.ts';

it('gives every caller a database of its own, in UTF-8 and with letters of every script', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await one.database.pool.query('create table thing (name text)');
  await two.database.pool.query('create table thing (other int)');
  const { rows } = await one.database.pool.query(
    `select lower('ÀÉÎ') as lower, current_setting('server_encoding') as encoding`,
  );
  expect(rows).toEqual([{ lower: 'àéî', encoding: 'UTF8' }]);
  await one.drop();
  await two.drop();
});

it('removes the database though somebody is still connected', async () => {
  const test = await createTestDatabase();
  const other = await createTestDatabase();
  const left = await test.database.pool.connect();
  left.on('error', () => undefined);
  const name = new URL(test.url).pathname.slice(1);
  left.release();
  await test.drop();
  const { rows } = await other.database.pool.query('select datname from pg_database where datname = $1', [name]);
  expect(rows).toEqual([]);
  await other.drop();
});
