/** While another process keeps the rows: watches its checkpoints, and says when they stopped moving. */
import type { EventStore, Position } from '../../event-store/port.ts';
import { pause } from '../../platform/process/pause.ts';
import type { Reader } from '../read.ts';
import { type CheckpointRow, readCheckpoints, takeIn } from './checkpoints.ts';
import type { Lane } from './lanes.ts';
import type { Progress } from './signal.ts';

const LOOK_MS = 200;

export type StandByContext = {
  readonly reader: Reader;
  readonly log: Pick<EventStore, 'head'>;
  readonly lanes: readonly Lane[];
  readonly progress: Progress;
  /** How long checkpoints may stand still below the head before this process takes over. */
  readonly takeOverMs: number;
};

/** Returns when it is time to take over: something is left to do and nobody does it. */
export async function standBy(context: StandByContext, signal: AbortSignal): Promise<void> {
  let seen = '';
  let since = performance.now();
  while (!signal.aborted) {
    const rows = await readCheckpoints(context.reader);
    takeIn(context.lanes, rows);
    context.progress.notify();
    const now = JSON.stringify(rows.map((row) => row.position));
    const isBehindNow = isBehind(context.lanes, await context.log.head());
    // Given up by the one who kept them: nobody else moves them.
    if (isBehindNow && isGivenUp(context.lanes, rows)) return;
    if (now !== seen || !isBehindNow) since = performance.now();
    else if (performance.now() - since > context.takeOverMs) return;
    seen = now;
    await pause(LOOK_MS, signal);
  }
}

function isGivenUp(lanes: readonly Lane[], rows: readonly CheckpointRow[]): boolean {
  const names = new Set(lanes.map((lane) => lane.projection.name));
  return rows.every(({ name, owner }) => owner === null || !names.has(name));
}

function isBehind(lanes: readonly Lane[], head: Position | null): boolean {
  const below = (position: Position | null) => head !== null && (position === null || position < head);
  return lanes.some((lane) => lane.error === undefined && below(lane.stored));
}
