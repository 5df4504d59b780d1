/** How far something has read, with enough to tell whether it is still the same log. */
import { CheckpointMismatch, comparePositions, type EventStore, type LogIdentity, type Position } from './port.ts';

export type Checkpoint = {
  readonly logId: string;
  readonly epoch: number;
  /** Everything up to here is done; null: nothing yet. */
  readonly position: Position | null;
  /** Id of the event that stands there; null where none does (or before the first event). */
  readonly eventId: string | null;
};

/** A checkpoint at a position of this log. */
export function checkpointAt(identity: LogIdentity, position: Position | null, eventId: string | null): Checkpoint {
  return { logId: identity.logId, epoch: identity.epoch, position, eventId };
}

/**
 * Throws `CheckpointMismatch` when the checkpoint is of another log or epoch, lies behind the end of the log, or another
 * event stands there. To be called before reading on: a restored or copied log is otherwise read from the wrong place.
 */
export async function assertCheckpoint(store: EventStore, checkpoint: Checkpoint): Promise<void> {
  const { logId, epoch, position, eventId } = checkpoint;
  const identity = await store.identity();
  if (logId !== identity.logId) {
    throw new CheckpointMismatch(`the checkpoint is of log ${logId}, and this is log ${identity.logId}`);
  }
  if (epoch !== identity.epoch) {
    throw new CheckpointMismatch(
      `the checkpoint is of epoch ${epoch} of the log, which is now in epoch ${identity.epoch}`,
    );
  }
  if (position === null) return;
  const head = await store.head();
  if (head === null || comparePositions(position, head) > 0) {
    throw new CheckpointMismatch(`the checkpoint is at ${position}, and the log ends at ${head ?? 'its start'}`);
  }
  if (eventId === null) return;
  const event = await store.eventAt(position);
  if (event?.id !== eventId) {
    throw new CheckpointMismatch(
      `at ${position} stands event ${event?.id ?? 'none'}, not ${eventId} as when it was kept`,
    );
  }
}
