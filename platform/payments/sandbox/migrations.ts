/** The sandbox gateway's own tables: what a remote gateway would know, out of the reach of our crashes. */
import { type Kysely, type Migration, sql } from 'kysely';

export const sandboxMigrations: Readonly<Record<string, Migration>> = {
  '001-payments-and-webhooks': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create schema if not exists sandbox`.execute(db);
      await sql`create table sandbox.payments (
        payment_id text primary key,
        version integer not null,
        payment json not null
      )`.execute(db);
      await sql`create table sandbox.webhooks (
        id bigint generated always as identity primary key,
        message_id text not null,
        body text not null,
        created_at timestamptz not null default now(),
        due_at timestamptz not null,
        attempts integer not null default 0
      )`.execute(db);
      await sql`create index webhooks_due on sandbox.webhooks (due_at)`.execute(db);
    },
  },
};
