/** Group commit: while one batch is being stored the appends queue, and go in together in the next. */
import type { Logger } from '../../platform/logging/logger.ts';
import type { EncodedEvent } from '../encode.ts';
import { type AppendResult, type LogIdentity, LogUnavailable } from '../port.ts';
import { createAppendQueue } from './append-queue.ts';
import { type Committed, settleUnsent } from './settle-appends.ts';
import { runWriter } from './writer.ts';

export type GroupCommit = {
  /** `expected` is exact; -1: the stream must not exist. Rejects as the port's `append` does. */
  append(stream: string, events: readonly EncodedEvent[], expected: number): Promise<AppendResult>;
  /** Stores what waits, as far as the log can be reached, then lets the connection go. */
  close(): Promise<void>;
};

export type GroupCommitOptions = {
  readonly url: string;
  readonly logger: Logger;
  /** Of the log that was opened: no other is written to. */
  readonly identity: LogIdentity;
  /** Told of each batch after its commit, in the order of positions. Must not throw. */
  readonly onCommit: (committed: readonly Committed[]) => void;
  /** How long an append waits at most before it is sent (10 s). */
  readonly queueTimeoutMs?: number;
};

/** Starts at once; connects, and connects again, by itself until closed. */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { url, logger, identity, onCommit, queueTimeoutMs = 10_000 } = options;
  const queue = createAppendQueue();
  const closing = new AbortController();
  let interrupt = (): void => undefined;
  const arrival = () =>
    new Promise<void>((resolve) => {
      interrupt = resolve;
    });
  // While the log is away nothing takes from the queue: without this an append would wait for as long as that lasts.
  const expiry = setInterval(() => {
    settleUnsent(queue.takeExpired(performance.now()), new Error(`not sent within ${queueTimeoutMs} ms`));
  }, 250);
  expiry.unref();
  const running = runWriter({
    url,
    logger,
    identity,
    queue,
    arrival,
    interrupt: () => interrupt(),
    closing: closing.signal,
    onCommit,
    unknownTimeoutMs: queueTimeoutMs,
  });
  return {
    append: (stream, events, expected) =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) return reject(new LogUnavailable('the log is closed: nothing was written'));
        const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
        queue.add({ stream, events, expected, bytes, deadline: performance.now() + queueTimeoutMs, resolve, reject });
        interrupt();
      }),
    async close() {
      closing.abort();
      interrupt();
      await running;
      clearInterval(expiry);
    },
  };
}
