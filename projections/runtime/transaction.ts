/** One transaction on a connection of its own. */
import type pg from 'pg';

/** SQLSTATE of a lock that could not be had in time. */
export const LOCK_TIMEOUT = '55P03';

/** Commits what `work` did, or nothing of it. The connection is thrown away where it, or the rollback, failed. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let lost: Error | undefined;
  // While it is lent out the pool does not listen: unheard, the loss of the connection would end the process.
  const onError = (error: Error) => {
    lost = error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(onError);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(lost);
  }
}
