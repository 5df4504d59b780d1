/** One batch as one statement, and what came of each append in it. */

import type { PendingAppend } from './append-queue.ts';
import type { Connection } from './connection.ts';

export type AppendOutcome = {
  readonly outcome: 'appended' | 'repeated' | 'conflict' | 'sealed';
  /** Of the append's last event; for a conflict the stream's revision, -1 where it does not exist. */
  readonly revision: number;
  /** Number of the append's last event in the log; null where it was refused. */
  readonly position: number | null;
};

/**
 * Said, not trusted to the server's defaults: an acknowledged append survives a crash, and every statement sees what was
 * committed before it began. A lock that another session keeps is waited for two seconds, not for ever.
 */
export const WRITER_SETUP = `
  set standard_conforming_strings = on;
  set default_transaction_isolation = 'read committed';
  set default_transaction_read_only = off;
  set synchronous_commit = on;
  set lock_timeout = '2s';
  set statement_timeout = '10s';
  prepare append_batch (text, text, text, text, text, text, text, text) as
    select outcome, revision, "position" from log.append($1, $2, $3, $4, $5, $6, $7, $8);
`;

/**
 * Sends a batch. It goes as one message of the simple protocol, which the server starts on only when all of it has come
 * and commits by itself: a writer stopped or killed at any moment holds no lock. In the extended protocol the commit
 * waits for a Sync message of its own, which a stopped writer may never send.
 */
export async function appendBatch(
  connection: Connection,
  batch: readonly PendingAppend[],
): Promise<readonly AppendOutcome[]> {
  const result = await connection.client.query<AppendOutcome>(batchStatement(batch));
  if (result.rows.length !== batch.length) {
    throw new Error(`the log answered ${result.rows.length} of ${batch.length} appends`);
  }
  return result.rows;
}

/** The call that stores these appends, in their order; at most one of a stream. */
export function batchStatement(batch: readonly Pick<PendingAppend, 'stream' | 'expected' | 'events'>[]): string {
  const owners: number[] = [];
  const ids: string[] = [];
  const types: string[] = [];
  const data: string[] = [];
  const metadata: string[] = [];
  batch.forEach((append, index) => {
    for (const event of append.events) {
      owners.push(index + 1);
      ids.push(event.id);
      types.push(event.type);
      data.push(event.dataText);
      metadata.push(event.metadataText);
    }
  });
  const streams = batch.map((append) => append.stream);
  const expected = batch.map((append) => append.expected);
  const counts = batch.map((append) => append.events.length);
  const lists = [streams, expected, counts, owners, ids, types, data, metadata];
  return `execute append_batch (${lists.map(literal).join(', ')})`;
}

/** One item a line: names hold no control characters, JSON text no raw ones. */
function literal(items: readonly (string | number)[]): string {
  return `'${items.join('\n').replaceAll("'", "''")}'`;
}
