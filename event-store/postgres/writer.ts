/** The loop that owns the writing connection: stores batch after batch, and connects again for as long as it lives. */
import type { Logger } from '../../platform/logging/logger.ts';
import { backoff } from '../../platform/process/pause.ts';
import type { LogIdentity } from '../port.ts';
import { type AppendOutcome, appendBatch, WRITER_SETUP } from './append-batch.ts';
import type { AppendQueue, PendingAppend } from './append-queue.ts';
import { type Connection, isRefusal, openConnection } from './connection.ts';
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

/** From so many on, appends that arrive together are worth two batches. */
const WORTH_TWO = 64;

async function serve(connection: Connection, options: WriterOptions): Promise<void> {
  const { queue, closing, arrival, interrupt } = options;
  void connection.lost.then(interrupt);
  // A batch is answered when the next one is on its way: those who hear the answer then work, perhaps on their next
  // append, while the server does. Answered first, server and process would wait for each other in turns.
  let answer = nothing;
  let most: number | undefined;
  while (connection.alive()) {
    const batch = queue.take(most);
    most = undefined;
    if (batch.length > 0) {
      answer = await storeInParts(connection, batch, { ...options, onSent: answer });
      continue;
    }
    answer();
    answer = nothing;
    if (closing.aborted) return;
    await arrival();
    // What arrives in the same turn of the event loop joins the batch; a crowd is split, so that from here on one half
    // is stored while the other is answered.
    await new Promise((resolve) => setImmediate(resolve));
    if (queue.size() >= WORTH_TWO) most = Math.ceil(queue.size() / 2);
  }
  answer();
  throw await connection.lost;
}

function nothing(): void {}

type Storing = WriterOptions & {
  /** Called as soon as the batch is on its way. */
  readonly onSent: () => void;
};

/**
 * Stores a batch, and gives back what answers its last part; one that fails as a whole is stored in halves, each a
 * transaction of its own, down to the append that is at fault. (Savepoints would cost every batch what only a failing
 * one needs.)
 */
async function storeInParts(
  connection: Connection,
  batch: readonly PendingAppend[],
  options: Storing,
): Promise<() => void> {
  const parts = [batch];
  let answer = options.onSent;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    try {
      const stored = store(connection, part);
      answer();
      answer = nothing;
      answer = answerTo(part, await stored, options);
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
  return answer;
}

function answerTo(
  batch: readonly PendingAppend[],
  outcomes: readonly AppendOutcome[],
  { onCommit }: WriterOptions,
): () => void {
  return () => {
    const committed = settleStored(batch, outcomes);
    if (committed.length > 0) onCommit(committed);
  };
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
