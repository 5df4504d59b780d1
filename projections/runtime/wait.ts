/** Waits until named projections have reached a position: what `Souk-Wait-For` asks for. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '../../event-store/port.ts';
import { errorCode } from '../../platform/process/error-code.ts';
import type { Reader } from '../read.ts';
import { earliest } from './lanes.ts';

/** `reached`: how far the slowest of the named ones had come when time was up. */
export type Waited = { readonly ok: true } | { readonly ok: false; readonly reached: Position | null };

/** Waits at most `timeoutMs` until every named projection has applied everything up to `position`. */
export type WaitFor = (position: Position, names: readonly string[], timeoutMs: number) => Promise<Waited>;

const POLL_MS = 20;

/** For a process that runs no projections: looks at the checkpoints in the database that serves the rows. */
export function createWaiter(reader: Reader): WaitFor {
  return async (position, names, timeoutMs) => {
    const until = performance.now() + timeoutMs;
    while (true) {
      const reached = await reachedInTable(reader, names);
      if (reached !== null && reached >= position) return { ok: true };
      if (performance.now() >= until) return { ok: false, reached };
      await delay(POLL_MS);
    }
  };
}

/** Where the slowest lane of the named projections stands; null where one has not begun or does not exist. */
export async function reachedInTable(reader: Reader, names: readonly string[]): Promise<Position | null> {
  const rows = await checkpointsOf(reader, names);
  const known = new Set(rows.map((row) => row.name));
  return names.every((name) => known.has(name)) ? earliest(rows.map((row) => row.position)) : null;
}

async function checkpointsOf(reader: Reader, names: readonly string[]) {
  try {
    const { rows } = await reader.query<{ name: string; position: Position | null }>({
      name: 'reached-by-projections',
      text: `select name, c.position from projections.checkpoints c join projections.generations g using (name, generation)
        where g.state = 'live' and name = any($1)`,
      values: [names],
    });
    return rows;
  } catch (error) {
    // No such schema or table: nobody has kept rows here yet, and somebody may be about to.
    if (['3F000', '42P01'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
