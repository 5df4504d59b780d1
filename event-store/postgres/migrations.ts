/** Tables of the log. The function that fills them is in `append.sql.ts`, whole, so that it can be read in one place. */
import { type Migration, sql } from 'kysely';

/** For `migrate(database, 'log', logMigrations)`. */
export const logMigrations: Readonly<Record<string, Migration>> = {
  '001-log': {
    async up(db) {
      await sql`create schema log`.execute(db);
      await sql`
        create table log.identity (
          only_row boolean primary key default true check (only_row),
          log_id uuid not null default gen_random_uuid(),
          epoch integer not null default 1
        )`.execute(db);
      await sql`insert into log.identity default values`.execute(db);
      // One row, rewritten by every batch: the free room of its page keeps those rewrites HOT, without index entries.
      await sql`
        create table log.head (
          only_row boolean primary key default true check (only_row),
          position bigint not null default 0
        ) with (fillfactor = 10)`.execute(db);
      await sql`insert into log.head default values`.execute(db);
      // Collation "C" compares bytes: no library update can change the order of the index, or that of the locks.
      await sql`
        create table log.streams (
          stream_id text collate "C" primary key,
          version integer not null check (version >= 0)
        ) with (fillfactor = 90)`.execute(db);
      // json, not jsonb: the text is kept as it was given, byte for byte.
      await sql`
        create table log.events (
          position bigint primary key,
          stream_id text collate "C" not null,
          revision integer not null,
          event_id uuid not null,
          type text collate "C" not null,
          data json not null,
          metadata json not null
        )`.execute(db);
      await sql`create unique index events_stream_revision on log.events (stream_id, revision)`.execute(db);
      // No index by category or type: the two took 17 of the 45 µs an event costs the server, and a filtered read goes
      // through the log in windows of positions at more than a million events a second without them.
    },
  },
  '002-seal': {
    async up(db) {
      // In the head's row, whose lock every append takes: no append can be half-way between the two.
      await sql`alter table log.head add column sealed boolean not null default false`.execute(db);
    },
  },
};
