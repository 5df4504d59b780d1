/** While another process keeps the rows: watches its checkpoints, and says when they stopped moving. */
import type { EventStore, Position } from '../../event-store/port.ts';
import { pause } from '../../platform/process/pause.ts';
import type { Reader } from '../read.ts';
import { type CheckpointRow, readCheckpoints, takeIn } from './checkpoints.ts';
import type { Lane } from './lanes.ts';
import type { Progress } from './signal.ts';

const LOOK_MS = 200;
/** Of many changed rows one long build is made, and its checkpoint moves only at the end. */
const DERIVED_PATIENCE = 10;

export type StandByContext = {
  readonly reader: Reader;
  readonly log: Pick<EventStore, 'head'>;
  readonly lanes: readonly Lane[];
  /** Names of what the keeper of the lanes builds from their rows. */
  readonly derived: readonly string[];
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
    const head = await context.log.head();
    const lanesBehind = isBehind(
      context.lanes.filter((lane) => lane.error === undefined).map((lane) => lane.stored),
      head,
    );
    // A keeper that died between its rows and what is built from them leaves this alone behind.
    const derived = rows.filter(({ name }) => context.derived.includes(name)).map(({ position }) => position);
    const behind = lanesBehind || isBehind(derived, head);
    // Given up by the one who kept them: nobody else moves them.
    if (behind && isGivenUp(context.lanes, rows)) return;
    if (now !== seen || !behind) since = performance.now();
    else if (performance.now() - since > context.takeOverMs * (lanesBehind ? 1 : DERIVED_PATIENCE)) return;
    seen = now;
    await pause(LOOK_MS, signal);
  }
}

function isGivenUp(lanes: readonly Lane[], rows: readonly CheckpointRow[]): boolean {
  const names = new Set(lanes.map((lane) => lane.projection.name));
  return rows.every(({ name, owner }) => owner === null || !names.has(name));
}

function isBehind(positions: readonly (Position | null)[], head: Position | null): boolean {
  return head !== null && positions.some((position) => position === null || position < head);
}
