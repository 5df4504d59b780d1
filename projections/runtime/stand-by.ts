/** While another process keeps the rows: watches its checkpoints, and says when they stopped moving. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { readCheckpoints, takeIn } from './checkpoints.ts';
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
    if (now !== seen || !isBehind(context.lanes, await context.log.head())) since = performance.now();
    else if (performance.now() - since > context.takeOverMs) return;
    seen = now;
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined); // Aborted: the loop's condition ends it.
  }
}

function isBehind(lanes: readonly Lane[], head: Position | null): boolean {
  const below = (position: Position | null) => head !== null && (position === null || position < head);
  return lanes.some((lane) => lane.error === undefined && below(lane.stored));
}
