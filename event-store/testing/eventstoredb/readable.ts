/** What of a stream can be read: deletion and the stream's metadata hide what is older. */
import type { Log } from './log.ts';
import type { LogStream } from './log-record.ts';

/** The first revision that can be read; the stream's length where none can. @param now the server's clock */
export function firstReadable(stream: LogStream, now: number): number {
  const length = stream.records.length;
  let first = Math.min(length, Math.max(stream.truncateBefore, length - stream.maxCount, 0));
  while (first < length && (stream.records[first]?.created ?? now) < now - stream.maxAgeMs) first += 1;
  return first;
}

export function isReadable(stream: LogStream | undefined, revision: number): boolean {
  return stream !== undefined && !stream.tombstoned && revision >= firstReadable(stream, 0);
}

/** How many of the stream's events are committed. */
export function committedLength(log: Log, { records }: LogStream): number {
  const end = log.records[log.visible()]?.position ?? Number.POSITIVE_INFINITY;
  let length = records.length;
  while (length > 0 && (records[length - 1]?.position ?? 0) >= end) length -= 1;
  return length;
}
