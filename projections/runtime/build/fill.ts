/** Fills lanes from the history: page after page is folded in memory, and written some tens of thousands of events apart. */
import type pg from 'pg';
import { type EventStore, latest, type Position, type StoredEvent } from '../../../event-store/port.ts';
import { scanLog } from '../../../event-store/scan.ts';
import type { KeyStore } from '../../../platform/keys/key-store.ts';
import { type ApplyContext, applyToLane } from '../apply.ts';
import { openEvents } from '../decode.ts';
import { foldChanges } from '../fold.ts';
import { earliest, type Lane, type Mark } from '../lanes.ts';
import { readParked } from '../parking.ts';
import { type Change, planBatch } from '../plan.ts';
import { createLaneRows, type LaneRows } from './lane-rows.ts';
import { RowsRefused, writeRows } from './write-rows.ts';

export type FillContext = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly owner: string;
  readonly onParked: ApplyContext['onParked'];
};

export type FillOptions = {
  /** Where each lane ends, exactly; null: it stays where it is. */
  readonly upTo: (lane: Lane) => Position | null;
  /** Only these rows; without it all. */
  readonly rows?: ReadonlySet<string> | undefined;
  /** Events read at once (1,000), and between two writes (20,000). */
  readonly sizes?: { readonly page: number; readonly betweenWrites: number } | undefined;
  readonly signal: AbortSignal;
  /** Told after each page: how far it was read, and how many events of it were wanted. Lanes stand there some time later. */
  readonly onProgress?: ((at: Position, events: number) => void) | undefined;
};

/** More of them in memory at once only costs: they outlive the young heap. */
const PAGE = 1_000;
/** The more, the fewer rows are written twice; and the more is done again after a kill. */
const BETWEEN_WRITES = 20_000;

/**
 * Brings every lane from its checkpoint to its end, or, where the signal aborts, as far as it has come. What cannot be
 * applied is parked. Throws `LaneLost`, and what says that an engine is away: lanes then stand at their checkpoints.
 */
export async function fillLanes(context: FillContext, lanes: readonly Lane[], options: FillOptions): Promise<void> {
  const careful = new Map<Lane, Position>();
  for (;;) {
    try {
      return await fill(context, lanes, { ...options, careful });
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error;
      // Somewhere in it is what Postgres does not take: that lane finds it batch by batch.
      careful.set(error.lane, error.upTo);
    }
  }
}

type Options = FillOptions & {
  /** Lanes that fold nothing ahead of what is written, and up to where. */
  readonly careful: ReadonlyMap<Lane, Position>;
};

/** A lane while it is filled. */
type Filling = { readonly lane: Lane; rows: LaneRows; readonly end: Mark };

async function fill(context: FillContext, lanes: readonly Lane[], options: Options): Promise<void> {
  const fillings = await begin(context, lanes, options.upTo);
  const { page = PAGE, betweenWrites = BETWEEN_WRITES } = options.sizes ?? {};
  const upTo = fillings.map(({ end }) => end.position).reduce<Position | null>(latest, null);
  if (upTo === null) return;
  const pages = scanLog(context.log, {
    after: earliest(fillings.map(({ lane }) => lane.stored)),
    upTo,
    filter: { types: [...new Set(fillings.flatMap(({ lane }) => lane.projection.wants))] },
    pageSize: page,
    signal: options.signal,
  });
  let writing = Promise.resolve();
  let unwritten = 0;
  let read: Mark | undefined;
  for await (const events of pages) {
    const plan = planBatch(
      await openEvents(events, context.keys),
      fillings.map(({ lane }) => lane),
    );
    for (const filling of fillings) {
      const changes = plan.get(filling.lane);
      if (changes) await foldPage(context, filling, { changes, events, before: read, writing, options });
    }
    read = events.at(-1) ?? read;
    unwritten += events.length;
    if (read && unwritten >= betweenWrites) {
      await writing;
      // While it is written the next pages are folded.
      writing = writeAll(context, fillings, read);
      writing.catch(() => undefined); // Looked at before the next one; until then it must not count as unhandled.
      unwritten = 0;
    }
    if (read) options.onProgress?.(read.position, events.length);
  }
  await writing;
  const reached = options.signal.aborted ? read : { position: upTo, id: '' };
  if (reached) await writeAll(context, fillings, reached);
}

/** The lanes that are not at their end yet, with the event there. */
async function begin(context: FillContext, lanes: readonly Lane[], upTo: FillOptions['upTo']): Promise<Filling[]> {
  await readParked(context.pool, lanes);
  const ends = new Map<Position, Mark>();
  const fillings: Filling[] = [];
  for (const lane of lanes) {
    const position = upTo(lane);
    if (position === null || (lane.stored !== null && lane.stored >= position)) continue;
    const end = ends.get(position) ?? (await context.log.eventAt(position));
    if (!end) throw new Error(`no event stands at ${position}, where a lane of ${lane.projection.name} should end`);
    ends.set(position, end);
    fillings.push({ lane, rows: createLaneRows(lane), end });
  }
  return fillings;
}

type Page = {
  readonly changes: readonly Change[];
  readonly events: readonly StoredEvent[];
  /** Where the page before ended. */
  readonly before: Mark | undefined;
  /** Of pages before. */
  readonly writing: Promise<void>;
  readonly options: Options;
};

async function foldPage(context: FillContext, filling: Filling, page: Page): Promise<void> {
  const { lane, end } = filling;
  const { careful, rows: only } = page.options;
  const changes = page.changes.filter(({ event, key }) => event.position <= end.position && (only?.has(key) ?? true));
  const first = changes[0];
  if (!first) return;
  if (first.event.position > (careful.get(lane) ?? '')) {
    await filling.rows.ready(context.pool, new Set(changes.map(({ key }) => key)));
    const folded = foldChanges(lane.projection, changes, filling.rows.rows, lane.parked);
    if (folded.parked.length === 0) return filling.rows.put(folded.put, folded.gone);
  }
  await applyPage(context, filling, { ...page, changes });
}

/** The way of those who follow the log, which retries, parks, and finds what is refused; after all that came before. */
async function applyPage(context: FillContext, filling: Filling, { changes, before, writing }: Page): Promise<void> {
  const { lane } = filling;
  await writing;
  if (before) await writeOne(context, filling, before);
  const end = changes.at(-1)?.event;
  if (end) await applyToLane({ ...context, reader: context.pool }, lane, { changes, end });
  filling.rows = createLaneRows(lane);
}

/** All lanes side by side, each in a transaction of its own; also when one fails all are waited for. */
async function writeAll(context: FillContext, fillings: readonly Filling[], reached: Mark): Promise<void> {
  const results = await Promise.allSettled(fillings.map((filling) => writeOne(context, filling, reached)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function writeOne(context: FillContext, { lane, rows, end }: Filling, reached: Mark): Promise<void> {
  const mark = reached.position < end.position ? reached : end;
  if (lane.stored !== null && lane.stored >= mark.position) return;
  await writeRows(context, lane, { ...rows.take(), mark });
}
