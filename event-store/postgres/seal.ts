/** Seals the log, so that it can be copied elsewhere while nothing is added to it, and unseals it. */
import { LogUnavailable } from '../port.ts';
import { openConnection } from './connection.ts';

/**
 * It must outlive a crash of the server, and waits for the batch that holds the head: one is stored in a moment, and a
 * session that keeps the row longer is no writer of ours.
 */
const SETUP = `
  set synchronous_commit = on;
  set default_transaction_read_only = off;
  set lock_timeout = '10s';
  set statement_timeout = '15s'`;

/** A server that says nothing for this long is taken for gone. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Takes the head's lock: what was being appended is stored when it returns. Throws `LogUnavailable`. */
export async function setSealed(url: string, sealed: boolean): Promise<void> {
  try {
    const connection = await openConnection(url, 'souk log seal', SETUP);
    const timer = setTimeout(connection.destroy, ANSWER_TIMEOUT_MS);
    try {
      await connection.client.query('update log.head set sealed = $1', [sealed]);
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  } catch (error) {
    throw new LogUnavailable(`the log could not be ${sealed ? 'sealed' : 'unsealed'}: try again`, error);
  }
}
