/** The checkpoints' table: read, moved by compare-and-set from the value read, and marked when a lane stops. */
import type { LogIdentity, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { Lane, Mark } from './lanes.ts';

/** There is one generation until rebuilds go beside the live rows. */
export const GENERATION = 1;

export type CheckpointRow = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  readonly lane: number;
  readonly lanes: number;
  readonly log_id: string;
  readonly epoch: number;
  readonly position: Position | null;
  readonly event_id: string | null;
  readonly event_stream: string | null;
  readonly event_revision: number | null;
  readonly events_per_second: number;
  readonly error: string | null;
  readonly error_position: Position | null;
  readonly parked: number;
  readonly owner: string | null;
  readonly updated_at: Date;
  readonly last_progress_at: Date | null;
};

/** Another process moved this lane: it owns it now. Everything of this attempt was rolled back. */
export class LaneLost extends Error {
  constructor(name: string) {
    super(`another process moved a lane of ${name}: standing by`);
    this.name = 'LaneLost';
  }
}

/** A checkpoint that does not belong to this log: reading on from it would skip or repeat events (CORE rule 10). */
export class CheckpointMismatch extends Error {
  constructor(name: string, why: string) {
    super(
      `the checkpoint of projection ${name} is not of this log: ${why}. ` +
        'Point DATABASE_URL at the database that belongs to the log, or drop its schema "projections" to build it again',
    );
    this.name = 'CheckpointMismatch';
  }
}

/** All checkpoints. */
export async function readCheckpoints(reader: Reader): Promise<readonly CheckpointRow[]> {
  const { rows } = await reader.query<CheckpointRow>('select * from projections.checkpoints order by name, lane');
  return rows;
}

/** Throws where a checkpoint is of another log, ahead of its head, or names another event than the log at its place. */
export async function checkAgainstLog(
  rows: readonly CheckpointRow[],
  log: {
    readonly identity: LogIdentity;
    readonly head: Position | null;
    readonly eventIdAt: (stream: string, revision: number) => Promise<string | undefined>;
  },
): Promise<void> {
  const ids = new Map<string, string | undefined>();
  for (const row of rows) {
    if (row.log_id !== log.identity.logId) throw new CheckpointMismatch(row.name, `it was kept for log ${row.log_id}`);
    if (row.epoch !== log.identity.epoch)
      throw new CheckpointMismatch(row.name, `it is of the log's epoch ${row.epoch}`);
    if (row.position === null) continue;
    if (log.head === null || row.position > log.head) {
      throw new CheckpointMismatch(row.name, `it is at ${row.position}, the log ends at ${log.head ?? 'nothing'}`);
    }
    if (row.event_stream === null || row.event_revision === null) continue;
    const place = `${row.event_stream}@${row.event_revision}`;
    if (!ids.has(place)) ids.set(place, await log.eventIdAt(row.event_stream, row.event_revision));
    if (ids.get(place) !== row.event_id)
      throw new CheckpointMismatch(row.name, `the log has another event at ${place}`);
  }
}

/**
 * Moves lanes that have nothing to apply, each from the value it was read at, in one statement (CORE rule 32). Throws
 * `LaneLost` when another process moved one of them; the others then have moved, which is right: they had nothing to apply.
 */
export async function moveIdle(reader: Reader, lanes: readonly Lane[], mark: Mark, owner: string): Promise<void> {
  if (lanes.length === 0) return;
  const { rows } = await reader.query<{ name: string; lane: number }>({
    name: 'move-idle-lanes',
    text: `update projections.checkpoints c set position = $4, event_id = $5, event_stream = $6, event_revision = $7,
        owner = $8, updated_at = now(), last_progress_at = now()
      from unnest($1::text[], $2::int[], $3::text[], $9::int[]) u (name, lane, old, version)
      where c.name = u.name and c.generation = ${GENERATION} and c.lane = u.lane and c.version = u.version
        and c.position is not distinct from u.old
      returning c.name, c.lane`,
    values: [
      lanes.map((lane) => lane.projection.name),
      lanes.map((lane) => lane.lane),
      lanes.map((lane) => lane.stored),
      mark.position,
      mark.id,
      mark.stream,
      mark.revision,
      owner,
      lanes.map((lane) => lane.projection.version),
    ],
  });
  const moved = new Set(rows.map((row) => `${row.name}/${row.lane}`));
  for (const lane of lanes) {
    if (!moved.has(`${lane.projection.name}/${lane.lane}`)) throw new LaneLost(lane.projection.name);
    lane.stored = mark.position;
  }
}

/** Writes down why a lane stopped, for status and health; null: it runs (again). */
export async function markStopped(
  reader: Reader,
  lane: Lane,
  stop: { readonly error: string; readonly position: Position } | null,
): Promise<void> {
  await reader.query(
    `update projections.checkpoints set error = $3, error_position = $4, updated_at = now()
     where name = $1 and generation = ${GENERATION} and lane = $2`,
    [lane.projection.name, lane.lane, stop?.error ?? null, stop?.position ?? null],
  );
}
