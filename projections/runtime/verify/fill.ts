/** Fills lanes of a generation nobody else keeps, each to a place of its own: for comparing, and for looking back. */
import type pg from 'pg';
import { type EventStore, latest, type Position } from '../../../event-store/port.ts';
import { scanLog } from '../../../event-store/scan.ts';
import type { KeyStore } from '../../../platform/keys/key-store.ts';
import type { Logger } from '../../../platform/logging/logger.ts';
import { type ApplyContext, applyToLane } from '../apply.ts';
import { openEvents } from '../decode.ts';
import { earliest, type Lane, type Mark } from '../lanes.ts';
import { type Change, planBatch } from '../plan.ts';

export type FillContext = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly logger: Logger;
  readonly owner: string;
};

export type FillOptions = {
  /** Where each lane ends, exactly; null: it stays empty. */
  readonly upTo: (lane: Lane) => Position | null;
  /** Only these rows; without it all. */
  readonly rows?: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
  /** Told how far it has come, after each page. */
  readonly onProgress?: ((at: Position) => void) | undefined;
};

/** Brings every lane from its checkpoint to its end. Returns early when the signal aborts; then it can be gone on with. */
export async function fillLanes(context: FillContext, lanes: readonly Lane[], options: FillOptions): Promise<void> {
  const behind = lanes.filter((lane) => isBehind(lane, options.upTo(lane)));
  const end = behind.map(options.upTo).reduce(latest, null);
  if (end === null) return;
  const types = [...new Set(behind.flatMap((lane) => lane.projection.wants))];
  const pages = scanLog(context.log, {
    after: earliest(behind.map((lane) => lane.stored)),
    upTo: end,
    filter: { types },
    signal: options.signal,
  });
  for await (const events of pages) {
    const plan = planBatch(await openEvents(events, context.keys), behind);
    await Promise.all([...plan].map(([lane, changes]) => fillLane(context, lane, { changes, options })));
    const last = events.at(-1);
    if (last) options.onProgress?.(last.position);
  }
}

async function fillLane(
  { pool, owner, logger }: FillContext,
  lane: Lane,
  { changes, options }: { readonly changes: readonly Change[]; readonly options: FillOptions },
): Promise<void> {
  const upTo = options.upTo(lane);
  const wanted = changes.filter(
    ({ event, key }) => upTo !== null && event.position <= upTo && (options.rows?.has(key) ?? true),
  );
  const last: Mark | undefined = wanted.at(-1)?.event;
  if (!last) return;
  const onParked: ApplyContext['onParked'] = (_, { position, type, error }) => {
    const where = { projection: lane.projection.name, position, type };
    logger.warn({ err: error, ...where }, 'an event cannot be applied');
  };
  await applyToLane({ reader: pool, owner, onParked }, lane, { changes: wanted, end: last });
}

function isBehind(lane: Lane, upTo: Position | null): boolean {
  return upTo !== null && (lane.stored === null || lane.stored < upTo);
}
