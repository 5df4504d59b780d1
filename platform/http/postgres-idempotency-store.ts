/** Idempotency records in Postgres: short statements, each its own transaction; answers sealed, for they hold personal data. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type Database, migrate } from '../postgres/database.ts';
import { type Claim, type IdempotencyStore, LEASE_S, type StoredAnswer } from './idempotency.ts';
import { httpMigrations } from './migrations.ts';

type Options = {
  readonly database: Database;
  /** 32 bytes; the sealing key derives from it. */
  readonly masterKey: Buffer;
  /** Life of a lease in seconds (10). */
  readonly leaseS?: number;
};

type Row = {
  readonly command_id: string;
  readonly issued_at: string;
  readonly epoch: number;
  readonly same_body: boolean;
  readonly answer: Buffer | null;
  readonly wait_s: number;
};

// A new record, or one whose 24 hours are over: it is forgotten, and the key begins anew. The epoch still rises, so
// that a runner of the old record, however late, cannot store its answer.
const CLAIM_NEW = `
  insert into http.idempotency_records as r (id, body_digest, command_id, issued_at, epoch, leased_until, expires_at)
  values ($1, $2, $3, $4, 1, now() + make_interval(secs => $5), now() + interval '24 hours')
  on conflict (id) do update set
    body_digest = excluded.body_digest, command_id = excluded.command_id, issued_at = excluded.issued_at,
    epoch = r.epoch + 1, leased_until = excluded.leased_until, expires_at = excluded.expires_at, answer = null
  where r.expires_at <= now()
  returning command_id, issued_at, epoch`;

// Only one of several that find the lease over gets it: the row is locked, and the others see the new lease.
const TAKE_OVER = `
  update http.idempotency_records set epoch = epoch + 1, leased_until = now() + make_interval(secs => $3)
  where id = $1 and body_digest = $2 and answer is null and leased_until <= now()
  returning command_id, issued_at, epoch`;

const LOOK = `
  select body_digest = $2 as same_body, answer,
         greatest(1, ceil(extract(epoch from leased_until - now())))::int as wait_s
  from http.idempotency_records where id = $1`;

const RENEW = `
  update http.idempotency_records set leased_until = now() + make_interval(secs => $3)
  where id = $1 and epoch = $2 and answer is null`;

const STORE = `
  update http.idempotency_records set answer = $3, leased_until = now() where id = $1 and epoch = $2 and answer is null`;

const RELEASE = `
  update http.idempotency_records set leased_until = now() where id = $1 and epoch = $2 and answer is null`;

// The first runner of a record is the only one that can have had an effect under its ids, and it says it had none.
const FORGET = `
  with forgotten as (
    delete from http.idempotency_records where id = $1 and epoch = $2 and epoch = 1 and answer is null
  )
  update http.idempotency_records set leased_until = now() where id = $1 and epoch = $2 and epoch > 1 and answer is null`;

// What is over goes a few at a time with the records that come: no loop has to sweep.
const SWEEP_EVERY = 100;
const SWEEP = `
  delete from http.idempotency_records where id in (
    select id from http.idempotency_records where expires_at <= now() order by expires_at limit 500 for update skip locked)`;

/** Opens the store and brings its table up to date. */
export async function createPostgresIdempotencyStore(options: Options): Promise<IdempotencyStore> {
  await migrate(options.database, 'http', httpMigrations);
  const { pool } = options.database;
  const key = Buffer.from(hkdfSync('sha256', options.masterKey, Buffer.alloc(0), 'souk/http/answers', 32));
  const leaseS = options.leaseS ?? LEASE_S;
  const changed = async (statement: string, values: unknown[]): Promise<number> =>
    (await pool.query(statement, values)).rowCount ?? 0;
  let claims = 0;
  const store: IdempotencyStore = {
    async claim(id, digest, proposal) {
      if (++claims % SWEEP_EVERY === 0) await changed(SWEEP, []);
      const fresh = [id, digest, proposal.commandId, proposal.issuedAt, leaseS];
      const { rows: created } = await pool.query<Row>(CLAIM_NEW, fresh);
      const { rows: taken } = created[0] ? { rows: created } : await pool.query<Row>(TAKE_OVER, [id, digest, leaseS]);
      if (taken[0]) return runOf(taken[0]);
      const { rows } = await pool.query<Row>(LOOK, [id, digest]);
      // Purged in between: nothing is left of it, so it is decided as if it had never come.
      return rows[0] ? found(rows[0], (sealed) => open(key, id, sealed)) : store.claim(id, digest, proposal);
    },
    renew: async (id, epoch) => (await changed(RENEW, [id, epoch, leaseS])) === 1,
    store: async (id, epoch, answer) => (await changed(STORE, [id, epoch, seal(key, id, answer)])) === 1,
    release: async (id, epoch) => {
      await changed(RELEASE, [id, epoch]);
    },
    forget: async (id, epoch) => {
      await changed(FORGET, [id, epoch]);
    },
  };
  return store;
}

function runOf(row: Row): Claim {
  return { kind: 'run', work: { commandId: row.command_id, issuedAt: row.issued_at }, epoch: row.epoch };
}

function found(row: Row, unseal: (sealed: Buffer) => StoredAnswer): Claim {
  if (!row.same_body) return { kind: 'reused' };
  if (row.answer !== null) return { kind: 'answered', answer: unseal(row.answer) };
  return { kind: 'in_progress', retryAfterS: row.wait_s };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function seal(key: Buffer, id: Buffer, answer: StoredAnswer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(id);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

// The record's id is bound to the answer: one caller's row copied over another's does not open.
function open(key: Buffer, id: Buffer, bytes: Buffer): StoredAnswer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(id);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(plain.toString('utf8'));
}
