/** Tables of the process runner: what is to be looked at, and how far the log was read for it. */
import { type Kysely, type Migration, sql } from 'kysely';

export const processMigrations: Readonly<Record<string, Migration>> = {
  '001-due-and-checkpoint': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create schema if not exists processes`.execute(db);
      await sql`create table processes.due (
        process text not null,
        key text not null,
        due_at timestamptz not null,
        touched bigint not null default 1,
        lease_owner text,
        lease_until timestamptz,
        epoch bigint not null default 0,
        attempts integer not null default 0,
        last_error text,
        primary key (process, key)
      )`.execute(db);
      await sql`create index due_by_time on processes.due (due_at)`.execute(db);
      await sql`create table processes.checkpoint (
        one boolean primary key default true check (one),
        log_id uuid not null,
        log_epoch integer not null,
        position text,
        event_id uuid
      )`.execute(db);
    },
  },
  // What is asked at each look at the metrics.
  '002-failing': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create index due_failing on processes.due (process) where attempts > 0`.execute(db);
    },
  },
};
