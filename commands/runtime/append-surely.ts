/** Appends until it is known whether it was written. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expectedOf } from '../../event-store/exact-revision.ts';
import {
  type AppendResult,
  AppendTooLarge,
  type EventStore,
  InvalidAppend,
  LogUnavailable,
  type NewEvent,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../../event-store/port.ts';

export type Written =
  | { readonly kind: 'written'; readonly result: AppendResult }
  /**
   * The stream is elsewhere, or these ids stand there already: what each command came to is to be read. `uncertain`:
   * an earlier attempt of this append had no answer.
   */
  | { readonly kind: 'moved'; readonly uncertain: boolean };

export type SureAppend = {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  /** -1 for a stream that must not exist. */
  readonly revision: number;
  /** How long an unknown outcome is worked on before it is given up as `OutcomeUnknown`, in milliseconds. */
  readonly patienceMs: number;
  readonly onResend: (error: unknown) => void;
};

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Sends the identical append - the same events, ids and expected revision - until the log says written, conflict or a
 * definite failure. Once one attempt had no answer only those end it: it may have been written, and deciding anew would
 * then do it twice. Any error that is not known to be definite counts as no answer.
 */
export async function appendSurely(store: EventStore, append: SureAppend): Promise<Written> {
  const { stream, events, revision, patienceMs, onResend } = append;
  const giveUpAt = performance.now() + patienceMs;
  let uncertain = false;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const result = await store.append(stream, events, expectedOf(revision));
      return result.repeated ? { kind: 'moved', uncertain } : { kind: 'written', result };
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return { kind: 'moved', uncertain };
      if (error instanceof AppendTooLarge || error instanceof InvalidAppend) throw error;
      if (error instanceof LogUnavailable && !uncertain) throw error;
      uncertain = true;
      if (performance.now() >= giveUpAt) throw error instanceof OutcomeUnknown ? error : new OutcomeUnknown(error);
      onResend(error);
      await sleep(jittered(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)));
    }
  }
}

/** Between half and all of a pause: processes that failed together must not come back together. */
export function jittered(ms: number): number {
  return ms / 2 + Math.random() * (ms / 2);
}
