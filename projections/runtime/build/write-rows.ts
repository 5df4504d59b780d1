/** Writes what a lane gathered, with its checkpoint, in one transaction: new rows by COPY, changed ones set-based. */
import type pg from 'pg';
import type { Position } from '../../../event-store/port.ts';
import { copyIn } from '../../../platform/postgres/copy-in.ts';
import type { Reader } from '../../read.ts';
import { isRefused } from '../apply.ts';
import { LaneLost } from '../checkpoints.ts';
import type { Lane, Mark } from '../lanes.ts';
import { applyStatement } from '../table.ts';
import { inTransaction } from '../transaction.ts';
import { copyOfRows } from './copy-rows.ts';
import type { Unwritten } from './lane-rows.ts';

/** Postgres does not take one of the rows; nothing of them is written. */
export class RowsRefused extends Error {
  readonly lane: Lane;
  readonly upTo: Position;
  constructor(lane: Lane, upTo: Position, cause: unknown) {
    super(`rows of ${lane.projection.name} are refused`, { cause });
    this.name = 'RowsRefused';
    this.lane = lane;
    this.upTo = upTo;
  }
}

type Write = Unwritten & { readonly mark: Mark };
type Context = { readonly pool: pg.Pool; readonly owner: string };

/** Throws `LaneLost` and `RowsRefused`. */
export async function writeRows(context: Context, lane: Lane, write: Write): Promise<void> {
  try {
    if (write.insert.length === 0) await move(context.pool, lane, { ...write, ...context });
    else await insertAndMove(context, lane, write);
  } catch (error) {
    throw isRefused(error) ? new RowsRefused(lane, write.mark.position, error) : error;
  }
  lane.stored = write.mark.position;
  lane.reached = write.mark.position;
}

async function insertAndMove({ pool, owner }: Context, lane: Lane, write: Write): Promise<void> {
  const { sql, encode } = copyOfRows(lane.projection, lane.generation.schema);
  const rows = encode(write.insert);
  await inTransaction(pool, async (client) => {
    await move(client, lane, { ...write, owner });
    await copyIn(client, sql, rows);
  });
}

/** The checkpoint by compare-and-set, with the rows that are there already. */
async function move(reader: Reader, lane: Lane, write: Write & Pick<Context, 'owner'>): Promise<void> {
  const { projection, generation } = lane;
  const { update, gone, mark, owner } = write;
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
      gone,
      JSON.stringify(update),
      lane.epoch,
      generation.generation,
    ],
  });
  if (rows[0]?.moved !== 1) throw new LaneLost(projection.name);
}
