/** Applies one lane's share of a batch: load by key, fold, and write with the checkpoint, two round trips in all. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { LaneLost } from './checkpoints.ts';
import { type Folded, foldChanges, type Stamped, type ToPark } from './fold.ts';
import { earliest, type Lane, type Mark } from './lanes.ts';
import { type Entry, isSame, parkingOf, parkingParts, skippedOf } from './parking.ts';
import type { Change } from './plan.ts';
import { applyStatement, loadStatement, tableOf } from './table.ts';
import type { DerivedModel } from './types.ts';

/** How often an event is tried before it is parked. */
const ATTEMPTS = 3;
const BACKOFF_MS = 50;

export type Dependent = Pick<DerivedModel, 'name' | 'sources'>;

export type ApplyContext = {
  readonly reader: Reader;
  readonly owner: string;
  /** What is built from the rows of projections: it misses what comes into them late, unless it is set back. */
  readonly dependents?: readonly Dependent[];
  /** Told of each event that failed and is parked from now on: it must be loud. */
  readonly onParked: (lane: Lane, parked: ToPark) => void;
};

export type Batch = {
  readonly changes: readonly Change[];
  /** Where the lane stands afterwards; null: where it is. */
  readonly end: Mark | null;
  /** Of what was parked: these are what the changes are made of, and are tried once. */
  readonly entries?: readonly Entry[];
  /** Keys that what is parked holds up; all that the lane knows of, unless said. */
  readonly held?: Pick<ReadonlySet<string>, 'has'>;
  /** The changes are all there ever were for their rows, which are made anew. */
  readonly anew?: boolean;
  /** How often its changes were tried before. */
  readonly tried?: number;
};

/**
 * Brings a lane to `end`. What cannot be applied is parked, and holds up what comes after it for the same key; all else
 * goes on. Throws `LaneLost`, and whatever says that the database is away.
 */
export async function applyToLane(
  context: ApplyContext,
  lane: Lane,
  { changes, end }: { readonly changes: readonly Change[]; readonly end: Mark },
): Promise<void> {
  const left = changes.filter(({ event }) => lane.stored === null || event.position > lane.stored);
  if (left.length > 0) await applyBatch(context, lane, { changes: left, end });
}

/** Tries a batch until it is in, with what is parked of it: returned. A batch that Postgres refuses is halved. */
export async function applyBatch(context: ApplyContext, lane: Lane, batch: Batch): Promise<readonly ToPark[]> {
  for (let attempt = 1; ; attempt++) {
    const isLast = batch.entries !== undefined || attempt === ATTEMPTS;
    const folded = await foldBatch(context.reader, lane, batch);
    const failed = folded.parked.filter(({ error }) => error !== undefined);
    // What cannot be read will not be read by trying again.
    if (isLast || failed.every(({ error }) => batch.changes.some((change) => change.error === error))) {
      const skipped = await skippedOf(context.reader, lane, failed);
      if (skipped.length > 0) return applyBatch(context, lane, { ...batch, changes: without(batch.changes, skipped) });
      const refused = await tryToWrite(context, lane, { batch, folded, attempt });
      if (!refused) return folded.parked;
      // Half of what a row is made of would be less than what stands there, should this process end before the other half.
      const halves = batch.anew ? undefined : halve(batch);
      if (halves)
        return [...(await applyBatch(context, lane, halves[0])), ...(await applyBatch(context, lane, halves[1]))];
      if (isLast) return applyBatch(context, lane, await blame(context, lane, { batch, folded, refused }));
    }
    await delay(BACKOFF_MS * attempt);
  }
}

async function foldBatch(reader: Reader, lane: Lane, { changes, held, anew }: Batch): Promise<Folded> {
  const { projection } = lane;
  if (!anew) return foldChanges(projection, changes, await loadRows(reader, lane, changes), held ?? lane.parked);
  const folded = foldChanges(projection, changes, new Map(), held ?? lane.parked);
  const there = new Set(folded.put.map((row) => String(row[projection.keyColumn])));
  // What fails from the start says nothing of its row.
  for (const { key } of folded.parked) there.add(key);
  return { ...folded, gone: [...new Set(changes.map(({ key }) => key))].filter((key) => !there.has(key)) };
}

type Write = { readonly batch: Batch; readonly folded: Folded; readonly attempt: number };

/** Returns why Postgres refuses the rows; whatever else goes wrong is thrown. */
async function tryToWrite(context: ApplyContext, lane: Lane, write: Write): Promise<Error | undefined> {
  try {
    await writeRows(context, lane, write);
    return undefined;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return error;
  }
}

/** A single position, or rows made anew, that are refused: the rows are tried one by one, and the changes of those to blame fail. */
async function blame(
  context: ApplyContext,
  lane: Lane,
  { batch, folded, refused }: { readonly batch: Batch; readonly folded: Folded; readonly refused: Error },
): Promise<Batch> {
  const blamed = new Map<string, Error>();
  const keyOf = (row: Stamped) => String(row[lane.projection.keyColumn]);
  for (const row of folded.put) {
    // The checkpoint stays: a row that goes in knows the event when it comes again.
    const alone = { put: [row], gone: [], parked: [] };
    const error = await tryToWrite(context, lane, { batch: { changes: [], end: null }, folded: alone, attempt: 0 });
    if (error) blamed.set(keyOf(row), error);
  }
  if (blamed.size === 0) for (const row of folded.put) blamed.set(keyOf(row), refused);
  if (blamed.size === 0) throw refused;
  const isEntry = ({ key, event: { position } }: Change) =>
    batch.entries?.some((entry) => isSame(entry, { key, position }));
  const changes = batch.changes.flatMap((change) => {
    const error = blamed.get(change.key);
    if (!error) return [change];
    // Of a row to be made anew all else is in it as it stands, and stays there.
    return batch.anew && !isEntry(change) ? [] : [{ ...change, error }];
  });
  return { ...batch, changes, tried: batch.entries ? 0 : ATTEMPTS - 1 };
}

/** Two batches with about as many changes each; undefined where all are of one event. */
function halve(batch: Batch): readonly [Batch, Batch] | undefined {
  const { changes, entries } = batch;
  const middle = changes[Math.floor(changes.length / 2)]?.event.position;
  const at = changes.findIndex(({ event }) => event.position === middle);
  const split = at > 0 ? at : changes.findIndex(({ event }) => event.position !== middle);
  const last = changes[split - 1]?.event;
  if (!last) return undefined;
  const part = (isFirst: boolean): Batch => ({
    ...batch,
    changes: isFirst ? changes.slice(0, split) : changes.slice(split),
    end: isFirst && batch.end ? last : batch.end,
    ...(entries ? { entries: entries.filter(({ position }) => position <= last.position === isFirst) } : {}),
  });
  return [part(true), part(false)];
}

function without(changes: readonly Change[], skipped: readonly ToPark[]): readonly Change[] {
  return changes.filter(({ key, event: { position } }) => !skipped.some((one) => isSame(one, { key, position })));
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

async function writeRows(context: ApplyContext, lane: Lane, write: Write): Promise<void> {
  const { reader, owner, onParked, dependents = [] } = context;
  const { projection, generation } = lane;
  const { batch, folded } = write;
  const tries = (batch.tried ?? 0) + write.attempt;
  const late = lateOf(lane, folded.put);
  const built = dependents.filter(({ sources }) => sources.includes(projection.name)).map(({ name }) => name);
  const { parked } = folded;
  const parking = parkingOf(lane, { parked, entries: batch.entries ?? [], tries, late, built });
  measure(lane, batch.changes.length);
  const { rows } = await reader.query<{ moved: number }>({
    name: `${parking ? 'park' : 'apply'}-${generation.schema}`,
    text: applyStatement(
      projection,
      generation.schema,
      parking && parkingParts(tableOf(projection, generation.schema)),
    ),
    values: [
      projection.name,
      lane.lane,
      projection.version,
      lane.stored,
      batch.end ? batch.end.position : lane.stored,
      batch.end?.id ?? null,
      owner,
      lane.eventsPerSecond,
      folded.gone,
      JSON.stringify(folded.put),
      lane.epoch,
      generation.generation,
      ...(parking?.values ?? []),
    ],
  });
  if (rows[0]?.moved !== 1) throw new LaneLost(projection.name);
  if (batch.end) {
    lane.stored = batch.end.position;
    lane.reached = batch.end.position;
  }
  if (!parking) return;
  lane.parked = parking.after;
  const isNew = (one: ToPark) => !batch.entries?.some((entry) => isSame(entry, one));
  for (const parked of folded.parked) if (parked.error && isNew(parked)) onParked(lane, parked);
}

/** The first of the rows whose last event the lane had come past already. */
function lateOf({ stored }: Lane, put: readonly Stamped[]): Position | null {
  return earliest(put.map(({ position }) => position).filter((position) => stored !== null && position <= stored));
}

function measure(lane: Lane, events: number): void {
  const now = performance.now();
  const rate = (events * 1000) / Math.max(now - lane.movedAt, 1);
  lane.eventsPerSecond = 0.7 * lane.eventsPerSecond + 0.3 * rate;
  lane.movedAt = now;
}

/** Postgres refuses the data itself (SQLSTATE classes 22, 23, 54): trying again later will not help. */
export function isRefused(error: unknown): error is Error {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}
