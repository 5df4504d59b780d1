/** Tables of the command runtime: schema `commands`. What they hold can be lost without harm. */
import { type Kysely, type Migration, sql } from 'kysely';

export const commandMigrations: Readonly<Record<string, Migration>> = {
  '0001_snapshots': {
    up: async (db: Kysely<unknown>) => {
      await sql`create schema if not exists commands`.execute(db);
      await sql`
        create table commands.snapshots (
          log_id uuid not null,
          epoch integer not null,
          stream text collate "C" not null,
          state_version integer not null,
          revision bigint not null,
          position text not null,
          event_id uuid not null,
          state json not null,
          memory json not null,
          written_at timestamptz not null default now(),
          primary key (log_id, epoch, stream, state_version)
        )`.execute(db);
    },
  },
};
