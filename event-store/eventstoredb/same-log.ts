/** Whether the log that stands there now is the one this process opened: what it holds in memory was read from that. */
import { CheckpointMismatch, type LogIdentity } from '../port.ts';

/** Throws where another log, or this one restored, stands there. */
export function assertSameLog(opened: LogIdentity, now: LogIdentity | undefined): void {
  if (opened.logId === now?.logId && opened.epoch === now.epoch) return;
  const there = now ? `${now.logId} in epoch ${now.epoch}` : 'a log without an identity';
  throw new CheckpointMismatch(
    `this process opened log ${opened.logId} in epoch ${opened.epoch}, and there stands ${there} now: start the process anew`,
  );
}
