/** The loop that owns the writing connection: stores batch after batch, and connects again for as long as it lives. */
import type { Logger } from '../../platform/logging/logger.ts';
import type { LogIdentity } from '../port.ts';
import { appendBatch, WRITER_SETUP } from './append-batch.ts';
import type { AppendQueue, PendingAppend } from './append-queue.ts';
import { backoff, type Connection, isRefusal, openConnection } from './connection.ts';
import { assertSameLog, IDENTITY, identityOf } from './identity.ts';
import {
  type Committed,
  mayBeOneAppend,
  settleRefused,
  settleStored,
  settleUnknown,
  settleUnsent,
} from './settle-appends.ts';

export type WriterOptions = {
  readonly url: string;
  readonly logger: Logger;
  /** Of the log that was opened: no other is written to. */
  readonly identity: LogIdentity;
  readonly queue: AppendQueue;
  /** Resolves when something may have come into the queue, the writer closes, or `interrupt` resolves. */
  readonly arrival: () => Promise<void>;
  /** Makes `arrival` resolve. */
  readonly interrupt: () => void;
  readonly closing: AbortSignal;
  readonly onCommit: (committed: readonly Committed[]) => void;
  /** Appends whose outcome is unknown are told at the latest after this long. */
  readonly unknownTimeoutMs: number;
};

/** A server that does not answer for this long is taken for gone; its own statement_timeout (10 s) ends the work before. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Runs until closed and the queue is empty, or until closed and the log is out of reach. Never rejects. */
export async function runWriter(options: WriterOptions): Promise<void> {
  const { url, logger, identity, queue, closing, unknownTimeoutMs } = options;
  let tellUnknown = (): void => undefined;
  let lastError: unknown;
  for (let attempt = 0; !closing.aborted || queue.size() > 0; attempt += 1) {
    let connection: Connection | undefined;
    try {
      connection = await openConnection(url, 'souk log writer', WRITER_SETUP);
      // A stream may stand at the same revision with other events: what was decided on the old ones must not follow.
      assertSameLog(identity, await identityAt(connection));
      // Told only now, so that the repeat, which comes at once, finds a connection.
      tellUnknown();
      attempt = 0;
      await serve(connection, options);
    } catch (error) {
      lastError = error;
      if (error instanceof BatchLost) {
        const { batch, cause } = error;
        const late = setTimeout(settleUnknown, unknownTimeoutMs, batch, cause);
        tellUnknown = () => {
          clearTimeout(late);
          settleUnknown(batch, cause);
        };
      }
      if (closing.aborted) break;
      logger.warn({ err: error, waiting: queue.size() }, 'the log cannot be written; connecting again');
      await backoff(attempt, closing);
    } finally {
      connection?.destroy();
    }
  }
  tellUnknown();
  settleUnsent(queue.takeAll(), lastError);
}

async function identityAt({ client }: Connection): Promise<LogIdentity> {
  const { rows } = await client.query<unknown[]>({ text: IDENTITY, rowMode: 'array' });
  return identityOf(rows[0]);
}

async function serve(connection: Connection, options: WriterOptions): Promise<void> {
  const { queue, closing, arrival, interrupt } = options;
  void connection.lost.then(interrupt);
  while (connection.alive()) {
    const batch = queue.take();
    if (batch.length > 0) {
      await storeInParts(connection, batch, options);
    } else if (closing.aborted) {
      return;
    } else {
      await arrival();
      // What arrives in the same turn of the event loop joins the batch.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  throw await connection.lost;
}

/**
 * Stores a batch; one that fails as a whole is stored in halves, each a transaction of its own, down to the append that
 * is at fault. (Savepoints would cost every batch what only a failing one needs.)
 */
async function storeInParts(
  connection: Connection,
  batch: readonly PendingAppend[],
  options: WriterOptions,
): Promise<void> {
  const parts = [batch];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    try {
      const committed = settleStored(part, await store(connection, part));
      if (committed.length > 0) options.onCommit(committed);
    } catch (error) {
      if (!isRefusal(error) || !connection.alive()) {
        settleUnsent(parts.flat(), error);
        throw new BatchLost(part, error);
      }
      options.logger.warn({ err: error, appends: part.length }, 'a batch of appends failed');
      if (part.length === 1 || !mayBeOneAppend(error.code)) {
        settleRefused(part, error);
        continue;
      }
      const now = performance.now();
      settleUnsent(
        part.filter((append) => append.deadline <= now),
        error,
      );
      const live = part.filter((append) => append.deadline > now);
      const middle = Math.ceil(live.length / 2);
      parts.unshift(...[live.slice(0, middle), live.slice(middle)].filter((half) => half.length > 0));
    }
  }
}

async function store(connection: Connection, batch: readonly PendingAppend[]) {
  const timer = setTimeout(connection.destroy, ANSWER_TIMEOUT_MS);
  try {
    return await appendBatch(connection, batch);
  } finally {
    clearTimeout(timer);
  }
}

/** The connection broke under this batch. */
class BatchLost extends Error {
  readonly batch: readonly PendingAppend[];
  constructor(batch: readonly PendingAppend[], cause: unknown) {
    super('the connection to the log broke under a batch', { cause });
    this.batch = batch;
  }
}
