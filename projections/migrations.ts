/** What projections need before any of them has tables: their schema, their checkpoints, trigrams for typing errors. */
import { type Kysely, type Migration, sql } from 'kysely';

// Text with the collation "C" throughout: positions and times compare as bytes, as the log compares them.
const CHECKPOINTS = sql`create table projections.checkpoints (
  name text not null,
  version integer not null,
  generation integer not null default 1,
  lane integer not null,
  lanes integer not null,
  log_id text not null,
  epoch integer not null,
  position text collate "C",
  -- The event at the position: compared at start, so that a restored or copied log is noticed.
  event_id text,
  events_per_second real not null default 0,
  error text,
  error_position text,
  parked integer not null default 0,
  owner text,
  -- Room for leases: who owns a lane, since when, on which backend.
  owner_epoch integer not null default 0,
  owner_pid integer,
  owner_until timestamptz,
  updated_at timestamptz not null default now(),
  last_progress_at timestamptz,
  primary key (name, generation, lane)
) with (fillfactor = 20)`;

// The row of a name with state 'live' is the truth of what is read; the views in this schema follow it.
const GENERATIONS = sql`create table projections.generations (
  name text not null,
  generation integer not null,
  version integer not null,
  state text not null check (state in ('building', 'live', 'previous', 'scratch')),
  schema_name text not null,
  created_at timestamptz not null default now(),
  live_since timestamptz,
  primary key (name, generation)
)`;

// One row a process, renewed all the time by the database's clock: whose lanes may be taken over is read from it. Neither
// it nor what it says is worth keeping after a crash of the server.
const KEEPERS = sql`create unlogged table projections.keepers (
  keeper uuid primary key,
  owner text not null,
  -- What it has the code for, as name/version/lanes.
  runs text[] not null,
  -- It leaves the work to others that are there.
  yields boolean not null,
  backend_pid integer not null,
  looked_at timestamptz not null,
  alive_until timestamptz not null
) with (fillfactor = 20)`;

const LEASES = [
  sql`alter table projections.checkpoints drop column owner_pid, drop column owner_until, add column keeper uuid`,
  sql`alter table projections.generations drop constraint generations_state_check`,
  // 'dropping': whoever fills it lets go of it, then it is dropped. A wish is carried out by whoever keeps the rows.
  sql`alter table projections.generations add constraint generations_state_check
    check (state in ('building', 'live', 'previous', 'scratch', 'dropping')),
    add column wish text check (wish in ('live')), add column by text, add column note text`,
  sql`create table projections.paused (name text primary key, by text not null, at timestamptz not null default now())`,
  sql`create table projections.verifications (
    id uuid primary key default gen_random_uuid(), name text not null, sample integer, by text not null,
    asked_at timestamptz not null default now()
  )`,
];

// Events that could not be applied, and those behind them that wait: positions only, never their data.
const PARKED = [
  sql`create table projections.parked (
    id uuid primary key,
    name text not null,
    generation integer not null,
    lane integer not null,
    key text collate "C" not null,
    position text collate "C" not null,
    -- Null where a derived model could not be built: no single event is to blame then.
    event_id text,
    type text,
    stream text collate "C",
    correlation_id text,
    -- Of the first of a key alone: the others were not tried.
    error text,
    stack text,
    attempts integer not null,
    parked_at timestamptz not null default now(),
    wish text check (wish in ('retry', 'skip')),
    wish_reason text,
    wish_by text,
    unique (name, generation, lane, key, position),
    foreign key (name, generation) references projections.generations on delete cascade
  )`,
  sql`create index on projections.parked (position)`,
  // Kept for good: whoever builds the rows again leaves out the same events, as long as they fail.
  sql`create table projections.skipped (
    name text not null,
    key text collate "C" not null,
    position text collate "C" not null,
    event_id text,
    type text,
    stream text collate "C",
    error text,
    reason text not null,
    skipped_by text not null,
    skipped_at timestamptz not null default now(),
    primary key (name, key, position)
  )`,
];

const DROP_ROWS = sql`do $$
declare
  v_table text;
begin
  for v_table in
    select tablename from pg_tables
    where schemaname = 'projections' and tablename not in ('checkpoints', 'generations')
  loop
    execute format('drop table projections.%I', v_table);
  end loop;
end
$$`;

export const projectionMigrations: Readonly<Record<string, Migration>> = {
  '001-checkpoints': {
    async up(db: Kysely<unknown>) {
      await sql`create schema if not exists projections`.execute(db);
      await sql`create extension if not exists pg_trgm`.execute(db);
      await CHECKPOINTS.execute(db);
    },
  },
  '002-generations': {
    async up(db: Kysely<unknown>) {
      await GENERATIONS.execute(db);
      await sql`create unique index generations_live on projections.generations (name) where state = 'live'`.execute(
        db,
      );
      // Rows were kept without generations before: they are made again from the log.
      await sql`truncate projections.checkpoints`.execute(db);
      await DROP_ROWS.execute(db);
    },
  },
  '003-leases': {
    async up(db: Kysely<unknown>) {
      await KEEPERS.execute(db);
      for (const statement of LEASES) await statement.execute(db);
    },
  },
  '004-parked': {
    async up(db: Kysely<unknown>) {
      for (const statement of PARKED) await statement.execute(db);
    },
  },
  '005-verified': {
    async up(db: Kysely<unknown>) {
      await sql`alter table projections.verifications add column started_at timestamptz,
        add column finished_at timestamptz, add column result json, add column error text`.execute(db);
    },
  },
  '006-seen': {
    async up(db: Kysely<unknown>) {
      // A time says nothing of what was committed later than it began.
      await sql`alter table projections.keepers drop column looked_at,
        add column seen text[] not null default '{}'`.execute(db);
    },
  },
  '007-numbers': {
    async up(db: Kysely<unknown>) {
      // The last that a generation of the name was given: it is not used again when that one is dropped.
      await sql`create table projections.numbers (name text primary key, last integer not null)`.execute(db);
      await sql`insert into projections.numbers
        select name, max(generation) from projections.generations group by name`.execute(db);
    },
  },
  '008-skipped': {
    async up(db: Kysely<unknown>) {
      // Of the event, wherever it stands: the table goes along to other logs, page by page.
      await sql`alter table projections.skipped drop constraint skipped_pkey,
        add column id uuid primary key default gen_random_uuid(), add unique (name, key, event_id)`.execute(db);
    },
  },
};
