/** Appends go through here: written at once, committed together a moment later, and answered then. */
import { type FaultState, whenThawed } from './faults.ts';
import type { Appended, Log } from './log.ts';
import { isReadable } from './readable.ts';

export type AppendOutcome =
  /** `revision` -1: the stream still does not exist. `position` null: the events cannot be read any more. */
  | { readonly kind: 'success'; readonly revision: number; readonly position: number | null }
  | { readonly kind: 'wrong-expected-version'; readonly actual: number }
  | { readonly kind: 'stream-deleted' }
  /** The same append was in flight: this one is dropped. */
  | { readonly kind: 'timeout' };

export type Writer = {
  /** `answer` is called once the write is committed, or refused. */
  write(change: (log: Log) => Appended, answer: (outcome: AppendOutcome) => void): void;
};

/** @param commitTimeoutMs how long an append that was dropped waits for its answer */
export function createWriter(log: Log, faults: FaultState, commitTimeoutMs: number): Writer {
  let waiting: (() => void)[] = [];

  const flush = () =>
    whenThawed(faults, () => {
      const answers = waiting;
      waiting = [];
      faults.uncommitted = 0;
      log.commit();
      for (const answer of answers) answer();
    });

  const scheduleFlush = () => {
    if (faults.holdCommitMs > 0) setTimeout(flush, faults.holdCommitMs);
    else setImmediate(flush);
  };

  return {
    write(change, answer) {
      const appended = change(log);
      if (appended.kind === 'repeat' && appended.last.position >= committedEnd(log)) {
        setTimeout(() => whenThawed(faults, () => answer({ kind: 'timeout' })), commitTimeoutMs);
        return;
      }
      const outcome = outcomeOf(log, appended);
      if (waiting.length === 0) scheduleFlush();
      waiting.push(() => answer(outcome));
      faults.uncommitted = waiting.length;
    },
  };
}

function committedEnd(log: Log): number {
  return log.records[log.visible()]?.position ?? Number.POSITIVE_INFINITY;
}

function outcomeOf(log: Log, appended: Appended): AppendOutcome {
  switch (appended.kind) {
    case 'written':
      return { kind: 'success', revision: appended.revision, position: appended.position };
    case 'repeat': {
      const { stream, revision, position } = appended.last;
      return { kind: 'success', revision, position: isReadable(log.stream(stream), revision) ? position : null };
    }
    default:
      return appended;
  }
}
