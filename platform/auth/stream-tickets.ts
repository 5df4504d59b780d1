/** Tickets for streams, where a browser sends no headers: single use, 30 s, good at any API process. */
import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, type Migration, sql } from 'kysely';
import type { Caller } from '../http/route.ts';
import { type Database, migrate } from '../postgres/database.ts';

/** Who a ticket stands for; roles are looked up when it is used. */
export type TicketHolder =
  | { readonly kind: 'user'; readonly userId: string; readonly sessionId: string }
  | { readonly kind: 'guest'; readonly tokenHash: string };

export type StreamTickets = {
  issue(
    caller: Exclude<Caller, { kind: 'anonymous' }>,
  ): Promise<{ readonly ticket: string; readonly expiresIn: number }>;
  /** Who it stands for, once; undefined where it is unknown, used or over. */
  redeem(ticket: string): Promise<TicketHolder | undefined>;
};

const LIFE_S = 30;

const migrations: Readonly<Record<string, Migration>> = {
  '001-stream-tickets': {
    async up(db: Kysely<unknown>) {
      await sql`
        create table stream_tickets (ticket_hash text primary key, holder jsonb not null, expires_at timestamptz not null)
      `.execute(db);
      await sql`create index stream_tickets_expires_at on stream_tickets (expires_at)`.execute(db);
    },
  },
};

// The dead go when somebody comes: no loop has to sweep.
const SWEEP = `
  delete from stream_tickets where ticket_hash in (
    select ticket_hash from stream_tickets where expires_at < now() limit 20 for update skip locked)`;

const ISSUE = `
  insert into stream_tickets (ticket_hash, holder, expires_at) values ($1, $2, now() + make_interval(secs => $3))`;

// Deleting is redeeming: of two that bring the same ticket, one finds the row.
const REDEEM = 'delete from stream_tickets where ticket_hash = $1 returning holder, expires_at > now() as live';

/** Opens the store and brings its table up to date. */
export async function createStreamTickets(database: Database): Promise<StreamTickets> {
  await migrate(database, 'stream_tickets', migrations);
  const { pool } = database;
  return {
    async issue(caller) {
      const ticket = randomBytes(32).toString('base64url');
      await pool.query(SWEEP);
      await pool.query(ISSUE, [hashOf(ticket), JSON.stringify(holderOf(caller)), LIFE_S]);
      return { ticket, expiresIn: LIFE_S };
    },
    async redeem(ticket) {
      const { rows } = await pool.query<{ holder: TicketHolder; live: boolean }>(REDEEM, [hashOf(ticket)]);
      return rows[0]?.live === true ? rows[0].holder : undefined;
    },
  };
}

function holderOf(caller: Exclude<Caller, { kind: 'anonymous' }>): TicketHolder {
  return caller.kind === 'user'
    ? { kind: 'user', userId: caller.userId, sessionId: caller.sessionId }
    : { kind: 'guest', tokenHash: caller.tokenHash };
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}
