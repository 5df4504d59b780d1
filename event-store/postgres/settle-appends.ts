/** Tells each append of a batch what came of it. */
import type { EncodedEvent } from '../encode.ts';
import { expectedOf } from '../exact-revision.ts';
import { InvalidAppend, LogSealed, LogUnavailable, OutcomeUnknown, WrongExpectedRevision } from '../port.ts';
import type { AppendOutcome } from './append-batch.ts';
import type { PendingAppend } from './append-queue.ts';
import { positionOf } from './positions.ts';

/** An append that was stored just now, by this process. */
export type Committed = {
  readonly stream: string;
  readonly events: readonly EncodedEvent[];
  /** Revision and number in the log of its last event. */
  readonly revision: number;
  readonly position: number;
};

/** Answers every append of a stored batch; gives back what is new, in the order of positions. */
export function settleStored(
  batch: readonly PendingAppend[],
  outcomes: readonly AppendOutcome[],
): readonly Committed[] {
  const committed: Committed[] = [];
  batch.forEach((append, index) => {
    const { outcome, revision, position } = outcomes[index] as AppendOutcome;
    if (outcome === 'sealed') {
      append.reject(new LogSealed());
      return;
    }
    if (outcome === 'conflict' || position === null) {
      append.reject(new WrongExpectedRevision(append.stream, expectedOf(append.expected), revision));
      return;
    }
    append.resolve({ revision, position: positionOf(position), repeated: outcome === 'repeated' });
    if (outcome === 'appended') committed.push({ stream: append.stream, events: append.events, revision, position });
  });
  return committed;
}

/** The statement was answered with an error: nothing of it was stored. */
export function settleRefused(batch: readonly PendingAppend[], error: { readonly code?: string | undefined }): void {
  const wrong = /^(?:22|23|54)/.test(error.code ?? '');
  for (const append of batch) {
    append.reject(
      wrong
        ? new InvalidAppend(`an append to ${append.stream} cannot be stored: ${String(error)}`)
        : new LogUnavailable(
            `the log did not take an append to ${append.stream}: nothing was written, try again`,
            error,
          ),
    );
  }
}

/** It was never sent. */
export function settleUnsent(batch: readonly PendingAppend[], cause: unknown): void {
  for (const append of batch) {
    append.reject(new LogUnavailable('the log cannot be reached: nothing was written, try again', cause));
  }
}

/** It was sent, and the connection broke before the answer. */
export function settleUnknown(batch: readonly PendingAppend[], cause: unknown): void {
  for (const append of batch) append.reject(new OutcomeUnknown(cause));
}

/**
 * Errors that one append can bring on a whole batch: its values (22), a constraint (23), its size (54), a stream that
 * another session keeps locked (55P03), a deadlock (40). Of others every half would fail alike.
 */
export function mayBeOneAppend(code: string | undefined): boolean {
  return code !== undefined && /^(?:22|23|40|54|55P03)/.test(code);
}
