/** Rows of one's own beside those that are read: to be compared with them, or kept as they once were. */
import type pg from 'pg';
import type { Position } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type BuildContext, buildLanes } from './build/build.ts';
import type { Lane } from './lanes.ts';

export type ScratchContext = Omit<BuildContext, 'onParked'> & { readonly logger: Logger };

export type ScratchOptions = {
  /** Where each lane ends, exactly; null: it stays where it is. */
  readonly upTo: (lane: Lane) => Position | null;
  /** Only these rows; without it all. */
  readonly rows?: ReadonlySet<string> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((at: Position) => void) | undefined;
};

/** Fills lanes that nobody else keeps; returns early where the signal aborts, and can then be gone on with. */
export function fillScratch(
  { logger, ...context }: ScratchContext,
  lanes: readonly Lane[],
  { signal = new AbortController().signal, ...options }: ScratchOptions,
): Promise<void> {
  const onParked: BuildContext['onParked'] = ({ projection: { name } }, { error, position, type }) =>
    logger.warn({ err: error, projection: name, position, type }, 'an event cannot be applied; its row is left out');
  return buildLanes({ ...context, onParked }, lanes, { ...options, signal });
}

const VERIFYING = `hashtext('souk:projections:scratch')`;

/** What is compared meanwhile is left alone; when this process dies the server gives the word back by itself. */
export async function whileVerifying<T>(pool: pg.Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock_shared(${VERIFYING})`);
    return await work();
  } finally {
    // It goes with its connection, however this ended.
    client.release(true);
  }
}

/** Within a transaction: whether nobody verifies, nor begins to until its end. */
export async function nobodyVerifies(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ alone: boolean }>(`select pg_try_advisory_xact_lock(${VERIFYING}) as alone`);
  return rows[0]?.alone === true;
}
