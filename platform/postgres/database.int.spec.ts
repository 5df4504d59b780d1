/** A connection that is lent out and cut is told to whoever has it, and ends nothing else. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createTestDatabase } from '../testing/test-database.ts';

it('a connection that is cut while nobody asks anything of it fails its next query, not the process', async () => {
  const { database, drop } = await createTestDatabase({ max: 2 });
  try {
    const lent = await database.pool.connect();
    const { rows } = await lent.query<{ pid: number }>('select pg_backend_pid() as pid');
    const gone = new Promise((resolve) => lent.once('end', resolve));
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    // Without a listener its error, which comes with the end, would be thrown past everybody.
    await gone;
    await delay(0);
    await expect(lent.query('select 1')).rejects.toThrow();
    lent.release(true);
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await drop();
  }
});
