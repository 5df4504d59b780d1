/** Links of the chain in the shop's database, and its signed head, which one process at a time moves. */
import { type Kysely, type Migration, sql } from 'kysely';
import type pg from 'pg';
import { type Database, migrate } from '../../platform/postgres/database.ts';
import type { LogIdentity, Position } from '../port.ts';
import { CHAIN_START, type ChainPoint } from './chain.ts';
import type { SignedHead } from './signed-head.ts';

/** A point of the chain and the event it ends with. */
export type Link = ChainPoint & { readonly position: Position; readonly eventId: string };

export type Head = ChainPoint & {
  /** Of the event it ends with; null before the first. */
  readonly position: Position | null;
  readonly eventId: string | null;
  /** Null until it was moved for the first time. */
  readonly signed: SignedHead | null;
};

/** Who moved it last, and how long ago by the clock of the database. */
export type HeadRow = Head & { readonly mover: string | null; readonly movedMsAgo: number };

export type Links = {
  /** Where the chain stands; undefined where no process ever followed this log. */
  head(): Promise<HeadRow | undefined>;
  /** The same, made at the start of the log where there is none. */
  open(): Promise<HeadRow>;
  /** Moves the head and adds links, both or neither; false where somebody else moved it from `from` meanwhile. */
  move(change: {
    readonly from: ChainPoint;
    readonly to: Head;
    readonly links: readonly Link[];
    readonly mover: string;
  }): Promise<boolean>;
  /** In order, after so many events. */
  after(events: number, limit: number): Promise<readonly Link[]>;
  /** The last one at or before so many events; undefined: the start. */
  before(events: number): Promise<Link | undefined>;
};

const chainMigrations: Readonly<Record<string, Migration>> = {
  '001-links-and-heads': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create schema chain`.execute(db);
      await sql`create table chain.links (
        log_id uuid not null,
        epoch integer not null,
        events bigint not null,
        position text not null,
        event_id uuid not null,
        hash text not null,
        primary key (log_id, epoch, events)
      )`.execute(db);
      await sql`create table chain.heads (
        log_id uuid not null,
        epoch integer not null,
        events bigint not null,
        position text,
        event_id uuid,
        hash text not null,
        signed json,
        mover uuid,
        moved_at timestamptz not null default now(),
        primary key (log_id, epoch)
      ) with (fillfactor = 50)`.execute(db);
    },
  },
};

/** Brings the tables up to date. */
export function prepareLinks(database: Database): Promise<void> {
  return migrate(database, 'chain', chainMigrations);
}

/** Those of one log in one epoch: restored to an earlier state, it begins another chain. */
export function linksOf({ pool }: Database, { logId, epoch }: LogIdentity): Links {
  const head = async (): Promise<HeadRow | undefined> => {
    if (!(await isThere(pool))) return undefined;
    return (await pool.query<HeadRow>(HEAD, [logId, epoch])).rows[0];
  };
  return {
    head,
    async open() {
      const { events, hash } = CHAIN_START;
      await pool.query(
        'insert into chain.heads (log_id, epoch, events, hash) values ($1, $2, $3, $4) on conflict do nothing',
        [logId, epoch, events, hash],
      );
      const found = await head();
      if (!found) throw new Error('the head of the event chain vanished: rows of chain.heads stay for ever');
      return found;
    },
    async move({ from, to, links, mover }) {
      const moved = await pool.query(MOVE, [
        ...[logId, epoch, from.events, from.hash],
        ...[to.events, to.position, to.eventId, to.hash, JSON.stringify(to.signed), mover],
        links.map(({ events }) => events),
        links.map(({ position }) => position),
        links.map(({ eventId }) => eventId),
        links.map(({ hash }) => hash),
      ]);
      return moved.rows.length === 1;
    },
    after: async (events, limit) =>
      (await pool.query<Link>(`${LINK} and events > $3 order by events limit $4`, [logId, epoch, events, limit])).rows,
    before: async (events) =>
      (await pool.query<Link>(`${LINK} and events <= $3 order by events desc limit 1`, [logId, epoch, events])).rows[0],
  };
}

async function isThere(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>("select to_regclass('chain.heads') is not null as there");
  return rows[0]?.there === true;
}

const LINK = 'select events, hash, position, event_id as "eventId" from chain.links where log_id = $1 and epoch = $2';

const HEAD = `
  select events, hash, position, event_id as "eventId", signed, mover,
    greatest(0, extract(epoch from clock_timestamp() - moved_at) * 1000)::float8 as "movedMsAgo"
  from chain.heads where log_id = $1 and epoch = $2`;

// One statement, so that a link never stands without the head that was signed after it.
const MOVE = `
  with moved as (
    update chain.heads
    set events = $5, position = $6, event_id = $7, hash = $8, signed = $9, mover = $10, moved_at = clock_timestamp()
    where log_id = $1 and epoch = $2 and events = $3 and hash = $4
    returning log_id, epoch
  ), linked as (
    insert into chain.links (log_id, epoch, events, position, event_id, hash)
    select m.log_id, m.epoch, l.*
    from moved m, unnest($11::bigint[], $12::text[], $13::uuid[], $14::text[]) as l
  )
  select 1 from moved`;
