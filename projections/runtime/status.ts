/** How projections are, from the tables and the log: any process can ask, also when the one that runs them is dead. */
import type { EventStore, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { CheckpointRow } from './checkpoints.ts';
import type { GenerationState } from './generations.ts';
import { type LeaseRow, readLeases } from './leases.ts';

export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  /** What its generation is for: only of the `live` one anybody waits. */
  readonly role: GenerationState;
  readonly lane: number;
  /** `live` at the head; `catching_up`; `stalled`: behind and not moving; `paused` by somebody. */
  readonly state: 'live' | 'catching_up' | 'stalled' | 'paused';
  readonly position: Position | null;
  readonly head: Position | null;
  /** Age of the first event not applied; 0 at the head. */
  readonly lagSeconds: number;
  /** Null where the log cannot count. */
  readonly lagEvents: number | null;
  readonly eventsPerSecond: number;
  /** RFC 3339; null before the first. Old, with a lag: nobody runs it. */
  readonly lastProgressAt: string | null;
  /** Events that could not be applied, and those of the same rows that wait behind them. */
  readonly parked: number;
  readonly owner: string | null;
  /** Why it stopped, or what is missing although it goes on. */
  readonly error: string | null;
};

/** Without a move for so long a lane that is behind counts as stalled. */
const STALLED_MS = 10_000;

/** One row per lane, and one for what else has a checkpoint. Throws when the log or the database cannot be reached. */
export async function projectionStatus(
  reader: Reader,
  log: Pick<EventStore, 'head' | 'readAll' | 'distance'>,
  other?: () => Promise<CheckpointRow>,
): Promise<readonly ProjectionStatus[]> {
  const { rows: tables } = await reader.query(`select 1 where to_regclass('projections.checkpoints') is not null`);
  // Nothing was ever projected here.
  if (tables.length === 0) return [];
  const rows = await withOther(await readLeases(reader), other);
  const head = await log.head();
  const now = Date.now();
  const lags = new Map<Position | null, number>();
  for (const { position } of rows) {
    if (!lags.has(position)) lags.set(position, isAtHead(position, head) ? 0 : await lagAt(log, position, now));
  }
  return rows.map((row) => ({
    ...statusOf(row, { head, now, lagSeconds: lags.get(row.position) ?? 0, log }),
    error: row.error ?? row.note ?? unkept(row, rows),
  }));
}

/** What is beside the rows tells itself how far it is; the table tells who keeps which generation of it. */
async function withOther(
  rows: readonly LeaseRow[],
  other: (() => Promise<CheckpointRow>) | undefined,
): Promise<readonly LeaseRow[]> {
  if (!other) return rows;
  const told = await other();
  const rest = rows.filter(({ name }) => name !== told.name);
  const kept = rows.find(({ name, state }) => name === told.name && state === 'live');
  if (!kept) return rest;
  const { generation, owner } = kept;
  return [...rest, { ...kept, ...told, generation, owner }];
}

/** Of a version that only another Souk has the code for. */
function unkept({ name, version, state, owner, paused }: LeaseRow, rows: readonly LeaseRow[]): string | null {
  const others = rows.filter((row) => row.name === name && row.version !== version && row.owner !== null);
  if (owner !== null || paused || others.length === 0 || (state !== 'live' && state !== 'previous')) return null;
  return `nobody has the code of version ${version}: its rows stay as they are`;
}

async function lagAt(log: Pick<EventStore, 'readAll'>, position: Position | null, now: number): Promise<number> {
  const next = (await log.readAll({ after: position, limit: 1 })).events[0];
  return next ? Math.max(0, (now - Date.parse(next.metadata.recordedAt)) / 1000) : 0;
}

function isAtHead(position: Position | null, head: Position | null): boolean {
  return head === null || (position !== null && position >= head);
}

function statusOf(
  row: LeaseRow,
  at: {
    readonly head: Position | null;
    readonly now: number;
    readonly lagSeconds: number;
    readonly log: Pick<EventStore, 'distance'>;
  },
): Omit<ProjectionStatus, 'error'> {
  const moved = row.last_progress_at?.getTime() ?? row.updated_at.getTime();
  const moving = at.now - moved < STALLED_MS;
  const atHead = isAtHead(row.position, at.head);
  // In a quiet shop nothing has moved for long when an event comes: it has had no time yet.
  const isNew = row.position !== null && at.lagSeconds * 1_000 < STALLED_MS;
  return {
    name: row.name,
    version: row.version,
    generation: row.generation,
    role: row.state,
    lane: row.lane,
    state: row.paused ? 'paused' : atHead ? 'live' : moving || isNew ? 'catching_up' : 'stalled',
    position: row.position,
    head: at.head,
    lagSeconds: at.lagSeconds,
    lagEvents: atHead ? 0 : (at.log.distance(row.position, at.head) ?? null),
    eventsPerSecond: moving ? Math.round(row.events_per_second * 10) / 10 : 0,
    lastProgressAt: row.last_progress_at?.toISOString() ?? null,
    parked: row.parked,
    owner: row.kept ? row.owner : null,
  };
}
