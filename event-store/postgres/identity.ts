/** Which log this is: told at each connection and each look at the head, so that a log that was replaced is noticed. */
import { CheckpointMismatch, type LogIdentity } from '../port.ts';

/** Gives one row, `identityOf` reads it. */
export const IDENTITY = 'select log_id, epoch from log.identity';

/** The identity in a row of `IDENTITY`. */
export function identityOf(row: readonly unknown[] | undefined): LogIdentity {
  const [logId, epoch] = row ?? [];
  if (logId === undefined) throw new Error('the log has no identity: its schema is damaged, restore it from a backup');
  return { logId: String(logId), epoch: Number(epoch) };
}

/**
 * Throws where another log, or this one restored, stands where this process opened its own: what it holds in memory
 * (states, positions) was read from events that may not be there any more.
 */
export function assertSameLog(opened: LogIdentity, now: LogIdentity): void {
  if (opened.logId === now.logId && opened.epoch === now.epoch) return;
  throw new CheckpointMismatch(
    `this process opened log ${opened.logId} in epoch ${opened.epoch}, and there stands ${now.logId} in epoch ` +
      `${now.epoch} now: start the process anew`,
  );
}
