/** Brings a shop to the copy of its log: what has effects goes on there at the event where it stands here. */
import type pg from 'pg';
import type { Place } from '../../event-store/copy/compare-logs.ts';
import { CopyRefused } from '../../event-store/copy/copy-refused.ts';
import type { LogIdentity, Position } from '../../event-store/port.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { inTransaction } from '../../projections/runtime/transaction.ts';
import { copyShopTables, prepareShopTables } from './shop-tables.ts';

export type MoveOptions = {
  /** The database of the shop as it is before the move. */
  readonly shop: Database;
  /** Whether its log lies in that database too. */
  readonly ownLog: boolean;
  /** The database the target log lies in; undefined: the shop keeps its own. */
  readonly to: Database | undefined;
  readonly source: LogIdentity;
  readonly target: LogIdentity;
};

export type ShopMove = {
  /** Positions of the source whose places in the target `finish` needs. */
  readonly marks: readonly Position[];
  /** To be called when the logs are equal. Safe to repeat, until the shop has written to the target. */
  finish(places: ReadonlyMap<Position, Place | null>): Promise<void>;
};

/** The shop at hand is not the one whose log is copied. */
export class WrongShop extends Error {
  constructor(why: string) {
    super(
      `${why} Set DATABASE_URL or SOUK_DATA_DIR, and EVENTSTORE_URL, as the shop that is moved has them now, ` +
        'or copy its events alone with --events-only.',
    );
    this.name = 'WrongShop';
  }
}

type Checkpoint = { readonly logId: string; readonly epoch: number; readonly position: Position | null };

/** Looks where the shop stands; writes nothing. Throws `WrongShop`, and `CopyRefused` where it was moved before. */
export async function planMove(options: MoveOptions): Promise<ShopMove> {
  const { shop, ownLog, to, source, target } = options;
  const checkpoint = await readCheckpoint(shop);
  await refuseOtherShop(options, checkpoint);
  const here = checkpoint?.logId === source.logId ? checkpoint : undefined;
  const elsewhere = to !== undefined && (await logIdOf(shop)) !== target.logId ? to : undefined;
  if (elsewhere && ownLog) await refuseMovedOn(shop, elsewhere, target);
  return {
    marks: here?.position ? [here.position] : [],
    async finish(places) {
      if (elsewhere) await Promise.all([prepareShopTables(shop), prepareShopTables(elsewhere)]);
      await inTransaction((elsewhere ?? shop).pool, async (client) => {
        if (elsewhere) await copyShopTables(shop, client);
        if (here) await moveCheckpoint(client, { from: here, target, place: placeOf(here, places) });
        await forgetRows(client, target);
      });
    },
  };
}

async function refuseOtherShop({ shop, ownLog, source, target }: MoveOptions, checkpoint: Checkpoint | undefined) {
  if (checkpoint) {
    const known = [source, target].some(({ logId, epoch }) => logId === checkpoint.logId && epoch === checkpoint.epoch);
    if (!known) throw new WrongShop(`The shop that the environment names reads log ${checkpoint.logId}, not --from.`);
  } else if (ownLog && (await logIdOf(shop)) !== source.logId) {
    throw new WrongShop('The shop that the environment names has a log of its own, which is not --from.');
  }
}

/** Its keys, logins and due work are the newer ones there. A log that was unsealed since has a newer shop again. */
async function refuseMovedOn(shop: Database, elsewhere: Database, { logId }: LogIdentity): Promise<void> {
  const sealed = await shop.pool.query<{ sealed: boolean }>('select sealed from log.head');
  if (!sealed.rows[0]?.sealed || !(await isThere(elsewhere.pool, 'projections.checkpoints'))) return;
  const started = await elsewhere.pool.query('select from projections.checkpoints where log_id = $1 limit 1', [logId]);
  if (started.rowCount === 0) return;
  throw new CopyRefused(
    'The shop was started on the target since it was moved there, and logins and keys made since would be lost. Start it ' +
      'there; to move it once more from where it was, unseal that log first: souk events unseal --log URL.',
  );
}

async function readCheckpoint({ pool }: Database): Promise<Checkpoint | undefined> {
  if (!(await isThere(pool, 'processes.checkpoint'))) return undefined;
  const { rows } = await pool.query<Checkpoint>(
    'select log_id as "logId", log_epoch as epoch, position from processes.checkpoint',
  );
  return rows[0];
}

/** Of the log that lies in a database; as none is ever copied, it also tells databases apart. */
async function logIdOf({ pool }: Database): Promise<string | undefined> {
  if (!(await isThere(pool, 'log.identity'))) return undefined;
  return (await pool.query<{ id: string }>('select log_id as id from log.identity')).rows[0]?.id;
}

async function isThere(reader: pg.Pool | pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await reader.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  return rows[0]?.there === true;
}

function placeOf({ position }: Checkpoint, places: ReadonlyMap<Position, Place | null>): Place | null {
  return position === null ? null : (places.get(position) ?? null);
}

type MovedCheckpoint = { readonly from: Checkpoint; readonly target: LogIdentity; readonly place: Place | null };

async function moveCheckpoint(client: pg.ClientBase, { from, target, place }: MovedCheckpoint): Promise<void> {
  const { rowCount } = await client.query(
    `update processes.checkpoint set log_id = $1, log_epoch = $2, position = $3, event_id = $4
     where log_id = $5 and position is not distinct from $6`,
    [target.logId, target.epoch, place?.position ?? null, place?.eventId ?? null, from.logId, from.position],
  );
  if (rowCount === 1) return;
  throw new CopyRefused(
    'The shop is at work: its processes went on while it was moved. The events are copied; stop all its processes, then ' +
      'give the same command again.',
  );
}

/** Rows hold positions of the log they were made from: without checkpoints they are made anew at the next start. */
async function forgetRows(client: pg.ClientBase, { logId }: LogIdentity): Promise<void> {
  if (!(await isThere(client, 'projections.checkpoints'))) return;
  await client.query('delete from projections.checkpoints where log_id <> $1', [logId]);
}
