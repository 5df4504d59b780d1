/** Applies one lane's share of a batch: load by key, fold, and write with the checkpoint, two round trips in all. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Reader } from '../read.ts';
import { LaneLost, markStopped } from './checkpoints.ts';
import { type Folded, foldChanges, type Stamped } from './fold.ts';
import type { Lane, Mark } from './lanes.ts';
import type { Change } from './plan.ts';
import { applyStatement, loadStatement } from './table.ts';

/** How often an event is tried before its lane stops at it. */
const ATTEMPTS = 3;

export type ApplyContext = {
  readonly reader: Reader;
  readonly owner: string;
  /** Told when a lane stops: it must be loud. */
  readonly onStopped: (lane: Lane, change: Change, error: Error) => void;
};

/**
 * Brings a lane to `end`, or, where an event cannot be applied, to the event before it, and stops it there; other lanes
 * go on. Throws `LaneLost`, and whatever says that the database is away.
 */
export async function applyToLane(
  context: ApplyContext,
  lane: Lane,
  batch: { readonly changes: readonly Change[]; readonly end: Mark },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const failure = await tryOnce(context, lane, batch);
    if (!failure) return;
    if (attempt < ATTEMPTS) {
      await delay(50 * attempt);
      continue;
    }
    lane.error = failure.error.message;
    await markStopped(context.reader, lane, { error: failure.error.message, position: failure.change.event.position });
    context.onStopped(lane, failure.change, failure.error);
    return;
  }
}

type Failure = { readonly change: Change; readonly error: Error };

async function tryOnce(
  context: ApplyContext,
  lane: Lane,
  { changes, end }: { readonly changes: readonly Change[]; readonly end: Mark },
): Promise<Failure | undefined> {
  const left = changes.filter(({ event }) => lane.stored === null || event.position > lane.stored);
  const first = left[0];
  if (!first) return undefined;
  try {
    const rows = await loadRows(context.reader, lane, left);
    const folded = foldChanges(lane.projection, left, rows);
    const failed = folded.failed && left[folded.failed.at];
    if (!folded.failed || !failed) {
      await write(context, lane, { folded, mark: end, events: left.length });
      return undefined;
    }
    // An event that fans out counts only when all its keys were folded: everything before it is applied, nothing of it.
    const whole = left.filter(({ event }) => event.position < failed.event.position);
    const mark = whole.at(-1)?.event;
    if (mark)
      await write(context, lane, { folded: foldChanges(lane.projection, whole, rows), mark, events: whole.length });
    return { change: failed, error: folded.failed.error };
  } catch (error) {
    if (!isRefused(error)) throw error;
    return { change: first, error };
  }
}

async function loadRows(reader: Reader, lane: Lane, changes: readonly Change[]): Promise<Map<string, Stamped>> {
  const keys = [...new Set(changes.map((change) => change.key))];
  const { projection, generation } = lane;
  const { rows } = await reader.query<Stamped>({
    name: `load-${generation.schema}`,
    text: loadStatement(projection, generation.schema),
    values: [keys],
  });
  return new Map(rows.map((row) => [String(row[projection.keyColumn]), row]));
}

async function write(
  { reader, owner }: ApplyContext,
  lane: Lane,
  change: { readonly folded: Folded; readonly mark: Mark; readonly events: number },
): Promise<void> {
  const { projection, generation } = lane;
  const { folded, mark } = change;
  measure(lane, change.events);
  const { rows } = await reader.query<{ moved: number }>({
    name: `apply-${generation.schema}`,
    text: applyStatement(projection, generation.schema),
    values: [
      projection.name,
      lane.lane,
      projection.version,
      lane.stored,
      mark.position,
      mark.id,
      owner,
      lane.eventsPerSecond,
      folded.gone,
      JSON.stringify(folded.put),
      lane.epoch,
      generation.generation,
    ],
  });
  if (rows[0]?.moved !== 1) throw new LaneLost(projection.name);
  lane.stored = mark.position;
  lane.reached = mark.position;
}

function measure(lane: Lane, events: number): void {
  const now = performance.now();
  const rate = (events * 1000) / Math.max(now - lane.movedAt, 1);
  lane.eventsPerSecond = 0.7 * lane.eventsPerSecond + 0.3 * rate;
  lane.movedAt = now;
}

/** Postgres refuses the data itself (SQLSTATE classes 22, 23, 54): trying again later will not help. */
function isRefused(error: unknown): error is Error {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}
