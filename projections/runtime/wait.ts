/** Waits until named projections have reached a position: what `Souk-Wait-For` asks for. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { earliest } from './lanes.ts';
import { isNotMade } from './not-made.ts';
import { type ParkedKey, parkedFor } from './parking.ts';

/**
 * `reached`: how far the slowest of the named ones had come when time was up, or at once where what is waited for is
 * parked.
 */
export type Waited =
  | { readonly ok: true }
  | { readonly ok: false; readonly reached: Position | null; readonly parked?: ParkedKey };

/** Waits at most `timeoutMs` until every named projection has applied everything up to `position`. */
export type WaitFor = (position: Position, names: readonly string[], timeoutMs: number) => Promise<Waited>;

const POLL_MS = 20;

/** Whether what stands at a position that was reached is in the rows, or parked. */
export type UnlessParked = (position: Position, names: readonly string[]) => Promise<Waited>;

/** Asked only where something is parked at all. */
export function createUnlessParked(reader: Reader, log: Pick<EventStore, 'eventAt'>): UnlessParked {
  return async (position, names) => {
    const correlationId = (await log.eventAt(position))?.metadata.$correlationId;
    const parked = await parkedFor(reader, names, { position, correlationId });
    return parked ? { ok: false, reached: position, parked } : { ok: true };
  };
}

/**
 * For a process that runs no projections: looks at the checkpoints in the database that serves the rows. Without
 * `unlessParked` what is parked counts as reached.
 */
export function createWaiter(reader: Reader, unlessParked?: UnlessParked): WaitFor {
  return async (position, names, timeoutMs) => {
    const until = performance.now() + timeoutMs;
    while (true) {
      const { reached, parked } = await placeInTable(reader, names);
      if (reached !== null && reached >= position)
        return parked && unlessParked ? unlessParked(position, names) : { ok: true };
      if (performance.now() >= until) return { ok: false, reached };
      await delay(POLL_MS);
    }
  };
}

/** Where the slowest lane of the named projections stands (null: one has not begun or does not exist), and whether any parked something. */
async function placeInTable(reader: Reader, names: readonly string[]) {
  const rows = await checkpointsOf(reader, names);
  const known = new Set(rows.map((row) => row.name));
  const reached = names.every((name) => known.has(name)) ? earliest(rows.map((row) => row.position)) : null;
  return { reached, parked: rows.some((row) => row.parked > 0) };
}

async function checkpointsOf(reader: Reader, names: readonly string[]) {
  try {
    const { rows } = await reader.query<{ name: string; position: Position | null; parked: number }>({
      name: 'reached-by-projections',
      text: `select name, c.position, c.parked from projections.checkpoints c join projections.generations g using (name, generation)
        where g.state = 'live' and name = any($1)`,
      values: [names],
    });
    return rows;
  } catch (error) {
    // Somebody may be about to make them.
    if (isNotMade(error)) return [];
    throw error;
  }
}
