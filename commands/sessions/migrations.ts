/** Tables of what is signed in. Sessions lie outside the log: they end, and nothing may bring them back. */
import { type Kysely, type Migration, sql } from 'kysely';

const createSessions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table auth_sessions (
        session_id uuid primary key,
        user_id uuid not null,
        opened_at timestamptz not null default now(),
        expires_at timestamptz not null,
        ended_at timestamptz
      )`.execute(db);
    await sql`create index auth_sessions_user on auth_sessions (user_id)`.execute(db);
    // A used token stays until its session goes: it is how a second use is recognised.
    await sql`
      create table auth_refresh_tokens (
        token_hash text primary key,
        session_id uuid not null references auth_sessions (session_id) on delete cascade,
        used_at timestamptz
      )`.execute(db);
    await sql`create index auth_refresh_tokens_session on auth_refresh_tokens (session_id)`.execute(db);
    await sql`
      create table auth_login_failures (
        address_key text primary key,
        failed_at timestamptz[] not null,
        refused boolean not null,
        last_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index auth_login_failures_last on auth_login_failures (last_at)`.execute(db);
  },
};

export const sessionMigrations: Readonly<Record<string, Migration>> = { '001-sessions': createSessions };
