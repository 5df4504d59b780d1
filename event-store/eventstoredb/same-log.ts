/** Whether the log that stands there now is the one this process opened: what it holds in memory was read from that. */
import { CheckpointMismatch, type LogIdentity, LogUnavailable, type StoredEvent } from '../port.ts';
import type { LogReader } from './reader.ts';

type Seen = Pick<StoredEvent, 'position' | 'id'>;

export type SameLog = {
  /** Which log was opened; before that every log will do. */
  bind(identity: LogIdentity): void;
  /** This event stands there: as long as it is the same log it will. */
  saw(event: Seen): void;
  /** A connection was lost: what answers after it may be another log. */
  doubt(): void;
  /** It is known to be another: for good. */
  lost(error: CheckpointMismatch): void;
  /**
   * Throws `CheckpointMismatch` where another log, this one restored or another history of it stands there, and
   * `LogUnavailable` while it ends before what was seen.
   */
  assert(): Promise<void>;
  /** To be called after a read. The same, as `LogUnavailable`, and without a look where nothing gave cause for doubt. */
  confirm(): Promise<void>;
};

export function createSameLog(reader: LogReader): SameLog {
  let opened: LogIdentity | undefined;
  let last: Seen | undefined;
  let doubted = false;
  let other: CheckpointMismatch | undefined;
  let looking: Promise<void> | undefined;

  const stands = async ({ position, id }: Seen): Promise<boolean> => (await reader.at(position))?.id === id;

  const look = async (): Promise<void> => {
    if (!opened) return;
    const seen = last;
    const [now, there] = await Promise.all([reader.identity(), seen === undefined || stands(seen)]);
    assertIdentity(opened, now);
    if (seen === undefined || there) return;
    const end = await reader.end();
    // While a new leader is being chosen the end may seem to lie back for a moment.
    if (end === null || end < seen.position) {
      throw new LogUnavailable(
        `the log ends at ${end ?? 'its start'}, before ${seen.position} which was seen in it: try again, and if it ` +
          'stays so, it was put back: start the process anew',
      );
    }
    // It may have come as far between the two looks.
    if (await stands(seen)) return;
    throw new CheckpointMismatch(
      `at ${seen.position} no longer stands event ${seen.id}, which this process saw there: start the process anew`,
    );
  };

  const assert = async (): Promise<void> => {
    if (other) throw other;
    try {
      await look();
    } catch (error) {
      doubted = true;
      if (error instanceof CheckpointMismatch) other = error;
      throw error;
    }
    doubted = false;
  };

  return {
    bind(identity) {
      opened = identity;
    },
    saw(event) {
      if (!last || event.position > last.position) last = { position: event.position, id: event.id };
    },
    doubt() {
      doubted = true;
    },
    lost(error) {
      other ??= error;
    },
    assert,
    async confirm() {
      if (!doubted && !other) return;
      // Once for all that read meanwhile.
      looking ??= assert().finally(() => {
        looking = undefined;
      });
      try {
        await looking;
      } catch (error) {
        throw error instanceof CheckpointMismatch ? new LogUnavailable(error.message, error) : error;
      }
    },
  };
}

function assertIdentity(opened: LogIdentity, now: LogIdentity | undefined): void {
  if (opened.logId === now?.logId && opened.epoch === now.epoch) return;
  const there = now ? `${now.logId} in epoch ${now.epoch}` : 'a log without an identity';
  throw new CheckpointMismatch(
    `this process opened log ${opened.logId} in epoch ${opened.epoch}, and there stands ${there} now: start the process anew`,
  );
}
