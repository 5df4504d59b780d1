/** Tables of the key store: schema `keys`, kept apart from the log so that erasing a key erases what it sealed. */
import { type Kysely, type Migration, sql } from 'kysely';

export const keyMigrations: Readonly<Record<string, Migration>> = {
  '0001_keys': {
    up: async (db: Kysely<unknown>) => {
      await sql`create schema if not exists keys`.execute(db);
      // An erased person's row stays, so that no key is ever made anew for them.
      await sql`
        create table keys.persons (
          person uuid primary key,
          wrapped bytea,
          created_at timestamptz not null default now(),
          erased_at timestamptz,
          check ((wrapped is null) = (erased_at is not null))
        )`.execute(db);
      await sql`
        create table keys.secrets (
          name text primary key,
          wrapped bytea not null,
          created_at timestamptz not null default now()
        )`.execute(db);
    },
  },
};
