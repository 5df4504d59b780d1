/** Who is signed in, in Postgres: a session has one living refresh token at a time, and a used one that comes back ends it. */
import { createHash, randomBytes } from 'node:crypto';
import { remembered } from '../../platform/auth/remembered.ts';
import { newId } from '../../platform/ids.ts';
import { type Database, migrate } from '../../platform/postgres/database.ts';
import { sessionMigrations } from './migrations.ts';

export type Session = { readonly sessionId: string; readonly userId: string };
export type OpenedSession = Session & { readonly refreshToken: string };

export type SessionStore = {
  /** A new session and its first refresh token, known in plain only to the answer. */
  open(userId: string): Promise<OpenedSession>;
  /** The next refresh token for this one; undefined where it is unknown, over, or was used before, which ends its session. */
  rotate(refreshToken: string): Promise<OpenedSession | undefined>;
  /** Ends the session of this token, if there is one. */
  end(refreshToken: string): Promise<void>;
  /**
   * Whether an access token of this session still counts: at once where it was ended by this process, within a second
   * where by another.
   */
  isLive(sessionId: string): Promise<boolean>;
};

// An answer is good for so long, in ms: a query for each request would be most of what an API process asks.
const REMEMBERED_MS = 500;
const SESSION_DAYS = 30;
/** Sessions that ended are kept so long, to tell a reused token from an unknown one. */
const KEPT_DAYS = 7;

// The dead go when their owner comes: no loop has to sweep.
const SWEEP = `
  delete from auth_sessions
  where user_id = $1 and least(expires_at, coalesce(ended_at, expires_at)) < now() - make_interval(days => $2)`;

const OPEN = `
  with opened as (
    insert into auth_sessions (session_id, user_id, expires_at)
    values ($1, $2, now() + make_interval(days => $3))
    returning session_id
  )
  insert into auth_refresh_tokens (token_hash, session_id) select $4, session_id from opened`;

// One statement: of two that bring the same token, one finds it used. Read first and update later, and both would go on.
const ROTATE = `
  with used as (
    update auth_refresh_tokens t set used_at = now()
    from auth_sessions s
    where t.token_hash = $1 and t.used_at is null
      and s.session_id = t.session_id and s.ended_at is null and s.expires_at > now()
    returning s.session_id, s.user_id
  ), next as (
    insert into auth_refresh_tokens (token_hash, session_id) select $2, session_id from used
  )
  select session_id as "sessionId", user_id as "userId" from used`;

const END = `
  update auth_sessions set ended_at = now()
  where ended_at is null and session_id = (select session_id from auth_refresh_tokens where token_hash = $1)
  returning session_id`;

const IS_LIVE = 'select 1 from auth_sessions where session_id = $1 and ended_at is null and expires_at > now()';

/** Opens the store and brings its tables up to date. */
export async function createSessionStore(database: Database): Promise<SessionStore> {
  await migrate(database, 'sessions', sessionMigrations);
  const { pool } = database;
  const isLive = remembered(
    async (sessionId) => (await pool.query(IS_LIVE, [sessionId])).rowCount === 1,
    REMEMBERED_MS,
  );
  const end = async (refreshToken: string): Promise<void> => {
    const { rows } = await pool.query<{ session_id: string }>(END, [hashOf(refreshToken)]);
    for (const { session_id } of rows) isLive.forget(session_id);
  };
  return {
    async open(userId) {
      const session = { sessionId: newId(), userId, refreshToken: newToken() };
      await pool.query(SWEEP, [userId, KEPT_DAYS]);
      await pool.query(OPEN, [session.sessionId, userId, SESSION_DAYS, hashOf(session.refreshToken)]);
      return session;
    },
    async rotate(refreshToken) {
      const next = newToken();
      const { rows } = await pool.query<Session>(ROTATE, [hashOf(refreshToken), hashOf(next)]);
      const session = rows[0];
      if (session) return { ...session, refreshToken: next };
      await end(refreshToken);
      return undefined;
    },
    end,
    isLive,
  };
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
