/** The checkpoints' table: read, moved by compare-and-set from the value read. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { GenerationState } from './generations.ts';
import type { Lane, Mark } from './lanes.ts';

export type CheckpointRow = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  /** Of its generation. */
  readonly state: GenerationState;
  readonly lane: number;
  readonly lanes: number;
  readonly log_id: string;
  readonly epoch: number;
  readonly position: Position | null;
  readonly event_id: string | null;
  readonly events_per_second: number;
  readonly error: string | null;
  readonly error_position: Position | null;
  readonly parked: number;
  readonly owner: string | null;
  readonly owner_epoch: number;
  readonly updated_at: Date;
  readonly last_progress_at: Date | null;
};

/** Another process moved this lane: it owns it now. Everything of this attempt was rolled back. */
export class LaneLost extends Error {
  constructor(name: string) {
    super(`another process has a lane of ${name} now`);
    this.name = 'LaneLost';
  }
}

/** Checkpoints of all generations. */
export async function readCheckpoints(reader: Reader): Promise<readonly CheckpointRow[]> {
  const { rows } = await reader.query<CheckpointRow>(
    `select c.*, g.state from projections.checkpoints c join projections.generations g using (name, generation)
     order by c.name, c.generation, c.lane`,
  );
  return rows;
}

/** Takes lanes that no keeper shares in, such as those of a scratch generation, and sets them to what the table says. */
export async function claimLanes(reader: Reader, lanes: readonly Lane[], owner: string): Promise<void> {
  const { rows } = await reader.query<CheckpointRow>(
    // Locked in one order: two that claim at once would otherwise deadlock.
    `with wanted as (
        select c.name, c.generation, c.lane from projections.checkpoints c
        join unnest($1::text[], $2::int[], $3::int[]) u (name, generation, lane) using (name, generation, lane)
        order by c.name, c.generation, c.lane for update of c
      )
      update projections.checkpoints c set owner = $4, owner_epoch = c.owner_epoch + 1
      from wanted w where c.name = w.name and c.generation = w.generation and c.lane = w.lane
      returning c.*`,
    [...keysOf(lanes), owner],
  );
  for (const lane of lanes) {
    const row = rows.find((row) => isOf(row, lane));
    if (!row) throw new Error(`generation ${lane.generation.generation} of ${lane.projection.name} was dropped`);
    lane.stored = row.position;
    lane.reached = row.position;
    lane.epoch = row.owner_epoch;
    lane.parked = undefined;
  }
}

/**
 * Moves lanes that have nothing to apply, each from the value it was read at, in one statement. Throws
 * `LaneLost` when another process moved one of them; the others then have moved, which is right: they had nothing to apply.
 */
export async function moveIdle(reader: Reader, lanes: readonly Lane[], mark: Mark, owner: string): Promise<void> {
  if (lanes.length === 0) return;
  const { rows } = await reader.query<Pick<CheckpointRow, 'name' | 'generation' | 'lane'>>({
    name: 'move-idle-lanes',
    // Locked in one order: two processes that move the same lanes would otherwise deadlock.
    text: `with mine as (
        select c.name, c.generation, c.lane from projections.checkpoints c
        join unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::int[]) u (name, generation, lane, old, epoch)
          on c.name = u.name and c.generation = u.generation and c.lane = u.lane and c.owner_epoch = u.epoch
        where c.position is not distinct from u.old
        order by c.name, c.generation, c.lane for update of c
      )
      update projections.checkpoints c set position = $6, event_id = $7, owner = $8, updated_at = now(),
        last_progress_at = now()
      from mine where c.name = mine.name and c.generation = mine.generation and c.lane = mine.lane
      returning c.name, c.generation, c.lane`,
    values: [
      ...keysOf(lanes),
      lanes.map((lane) => lane.stored),
      lanes.map((lane) => lane.epoch),
      mark.position,
      mark.id,
      owner,
    ],
  });
  for (const lane of lanes) {
    if (!rows.some((row) => isOf(row, lane))) throw new LaneLost(lane.projection.name);
    lane.stored = mark.position;
  }
}

/** Names, generations and numbers of lanes, as columns. */
function keysOf(lanes: readonly Lane[]): [string[], number[], number[]] {
  return [
    lanes.map((lane) => lane.projection.name),
    lanes.map((lane) => lane.generation.generation),
    lanes.map((lane) => lane.lane),
  ];
}

function isOf(row: Pick<CheckpointRow, 'name' | 'generation' | 'lane'>, lane: Lane): boolean {
  return row.lane === lane.lane && row.name === lane.projection.name && row.generation === lane.generation.generation;
}
