/** Appends waiting for the next batch: first come first served, one of a stream per batch. */

import type { EncodedEvent } from '../encode.ts';
import type { AppendResult } from '../port.ts';

export type PendingAppend = {
  readonly stream: string;
  /** -1: the stream must not exist. */
  readonly expected: number;
  readonly events: readonly EncodedEvent[];
  readonly bytes: number;
  /** `performance.now()` after which it is no longer sent. */
  readonly deadline: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
};

export type AppendQueue = {
  add(append: PendingAppend): void;
  /** The next batch: at most `most` (`MAX_BATCH_APPENDS`), and about `MAX_BATCH_BYTES`; empty when nothing waits. */
  take(most?: number): readonly PendingAppend[];
  /** Takes out what is past its deadline. */
  takeExpired(now: number): readonly PendingAppend[];
  takeAll(): readonly PendingAppend[];
  size(): number;
};

export const MAX_BATCH_APPENDS = 500;
export const MAX_BATCH_BYTES = 1_048_576;

export function createAppendQueue(): AppendQueue {
  // In the order in which the streams' turns come; each with its own appends in order.
  const streams = new Map<string, PendingAppend[]>();
  let size = 0;

  const takeWhere = (wanted: (append: PendingAppend) => boolean): readonly PendingAppend[] => {
    const taken: PendingAppend[] = [];
    for (const [stream, waiting] of streams) {
      const kept = waiting.filter((append) => !wanted(append));
      if (kept.length === waiting.length) continue;
      taken.push(...waiting.filter(wanted));
      if (kept.length === 0) streams.delete(stream);
      else streams.set(stream, kept);
    }
    size -= taken.length;
    return taken;
  };

  return {
    add(append) {
      const waiting = streams.get(append.stream);
      if (waiting) waiting.push(append);
      else streams.set(append.stream, [append]);
      size += 1;
    },
    take(most = MAX_BATCH_APPENDS) {
      const batch: PendingAppend[] = [];
      const deferred: [string, PendingAppend[]][] = [];
      let bytes = 0;
      for (const [stream, waiting] of streams) {
        const next = waiting[0];
        if (next === undefined) continue;
        if (
          batch.length === Math.min(most, MAX_BATCH_APPENDS) ||
          (batch.length > 0 && bytes + next.bytes > MAX_BATCH_BYTES)
        )
          break;
        batch.push(next);
        bytes += next.bytes;
        waiting.shift();
        streams.delete(stream);
        // One append of a stream per batch: a second would be judged on the revision before the first. Its stream goes
        // to the end, so that a hot stream does not push others out.
        if (waiting.length > 0) deferred.push([stream, waiting]);
      }
      for (const [stream, waiting] of deferred) streams.set(stream, waiting);
      size -= batch.length;
      return batch;
    },
    takeExpired: (now) => takeWhere((append) => append.deadline <= now),
    takeAll: () => takeWhere(() => true),
    size: () => size,
  };
}
