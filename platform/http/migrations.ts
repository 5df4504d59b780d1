/** Tables of the HTTP side: idempotency records, and what callers asked for. Beside the log, never in it. */
import { type Kysely, type Migration, sql } from 'kysely';

const createRecords: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create schema if not exists http`.execute(db);
    // `issued_at` is text: a repeat carries the very characters the first request was issued with.
    await sql`
      create table http.idempotency_records (
        id bytea primary key,
        body_digest bytea not null,
        command_id uuid not null,
        issued_at text not null,
        epoch bigint not null,
        leased_until timestamptz not null,
        answer bytea,
        expires_at timestamptz not null
      )`.execute(db);
    await sql`create index idempotency_records_expires_at on http.idempotency_records (expires_at)`.execute(db);
  },
};

const createRateLimits: Migration = {
  async up(db: Kysely<unknown>) {
    // Unlogged: counts of a minute may be lost with the server. Room in every page: an update then touches no index.
    await sql`
      create unlogged table http.rate_limits (
        key text primary key,
        points integer not null,
        expire bigint not null
      ) with (fillfactor = 50)`.execute(db);
  },
};

export const httpMigrations: Readonly<Record<string, Migration>> = {
  '001-idempotency': createRecords,
  '002-rate-limits': createRateLimits,
};
