/** `copy … from stdin`: by far the cheapest way for many rows into a table, for the server and for this process. */
import type pg from 'pg';

/** What the client's connection offers for it; its types leave that out. */
type CopyConnection = {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

/** SQLSTATE of text that is none in the server's encoding. */
const NOT_TEXT = '22021';
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Sends rows in the text format of COPY (columns by tabs, a line feed at the end of each row). `sql` is the statement.
 * Throws as a query does; nothing of the rows is stored then.
 */
export function copyIn(client: pg.ClientBase, sql: string, rows: string): Promise<void> {
  // Encoded as UTF-8 it would become another character, without a word.
  if (LONE_SURROGATE.test(rows)) {
    return Promise.reject(Object.assign(new Error('a lone surrogate cannot be stored as text'), { code: NOT_TEXT }));
  }
  return new Promise((resolve, reject) => {
    // The client calls these back as it does those of its own queries.
    const copy = {
      submit: (connection: unknown) => (connection as CopyConnection).query(sql),
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(Buffer.from(rows));
        connection.endCopyFrom();
      },
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => reject(error),
    };
    client.query(copy);
  });
}

/** One value as COPY's text format has it; null is none. */
export function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replace(EACH_SPECIAL, (found) => ESCAPES[found] ?? '') : value;
}

const SPECIAL = /[\\\t\n\r]/;
const EACH_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
