/** May this be written? How EventStoreDB settles an append by revision and by the ids of its events. */
import type { LogRecord, LogStream } from './log-record.ts';
import type { RecentIds } from './recent-ids.ts';

/** -1: no stream. */
export type ExpectedVersion = number | 'any' | 'exists';

export type CommitCheck =
  | { readonly kind: 'write' }
  /** The same events stand there already; `last` is the one the answer tells of. */
  | { readonly kind: 'repeat'; readonly last: LogRecord }
  | { readonly kind: 'wrong-expected-version'; readonly actual: number }
  | { readonly kind: 'stream-deleted' };

export type Known = {
  /** The stream that is written to. */
  readonly stream: LogStream;
  /** Whether its metadata stream has events: a stream with metadata only counts as existing. */
  readonly hasMetadata: boolean;
  /** Events written since the server was started, by id: all that an append to any revision is compared with. */
  readonly recent: Pick<RecentIds, 'get'>;
};

export function checkCommit(known: Known, expected: ExpectedVersion, ids: readonly string[]): CommitCheck {
  const { stream } = known;
  const current = stream.records.length - 1;
  const wrong: CommitCheck = { kind: 'wrong-expected-version', actual: current };
  if (stream.tombstoned) return { kind: 'stream-deleted' };
  if (expected === 'exists') {
    if (stream.softDeleted) return { kind: 'stream-deleted' };
    if (current < 0 && !known.hasMetadata) return wrong;
  }
  if (typeof expected === 'string') return checkAny(known, ids, wrong);
  if (expected > current) return wrong;
  if (expected === current) return { kind: 'write' };
  return checkOlder(stream, expected, ids, wrong);
}

function checkAny({ stream, recent }: Known, ids: readonly string[], wrong: CommitCheck): CommitCheck {
  let last: LogRecord | undefined;
  for (const id of ids) {
    const known = recent.get(id);
    if (known?.stream !== stream.name) return last === undefined ? { kind: 'write' } : wrong;
    last = known;
  }
  return last === undefined ? { kind: 'write' } : { kind: 'repeat', last };
}

/** The stream has moved on: only what stands behind the expected revision already is taken, as a repeat. */
function checkOlder(stream: LogStream, expected: number, ids: readonly string[], wrong: CommitCheck): CommitCheck {
  let last: LogRecord | undefined;
  for (const [n, id] of ids.entries()) {
    const there = stream.records[expected + 1 + n];
    if (there?.id !== id) {
      return n === 0 && expected === -1 && stream.softDeleted ? { kind: 'write' } : wrong;
    }
    last = there;
  }
  return last === undefined ? wrong : { kind: 'repeat', last };
}
