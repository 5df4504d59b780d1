/** Records of idempotent requests on a real Postgres: who may run, whose answer is kept, and for how long. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { bodyDigest, type IdempotencyStore, recordId, type WorkRecord } from './idempotency.ts';
import { createPostgresIdempotencyStore } from './postgres-idempotency-store.ts';

let db: TestDatabase;
let store: IdempotencyStore;
beforeAll(async () => {
  db = await createTestDatabase();
  store = await createPostgresIdempotencyStore({ database: db.database, masterKey: Buffer.alloc(32, 7) });
});
afterAll(() => db?.drop());

const proposal = (commandId: string): WorkRecord => ({ commandId, issuedAt: '2026-01-01T00:00:00.000Z' });
const FIRST = '0190a8c0-0000-7000-8000-000000000001';
const SECOND = '0190a8c0-0000-7000-8000-000000000002';
const digest = bodyDigest({});
const endLease = (id: Buffer) =>
  db.database.pool.query(`update http.idempotency_records set leased_until = now() - interval '1 s' where id = $1`, [
    id,
  ]);

describe('a record', () => {
  it('whose runner crashed answers 409 while the lease lives; then the next goes on with its ids', async () => {
    const id = recordId('crash');
    expect(await store.claim(id, digest, proposal(FIRST))).toMatchObject({ kind: 'run', epoch: 1 });
    expect(await store.claim(id, digest, proposal(SECOND))).toMatchObject({ kind: 'in_progress' });
    await endLease(id);
    const next = await store.claim(id, digest, proposal(SECOND));
    expect(next).toEqual({ kind: 'run', work: proposal(FIRST), epoch: 2 });
  });

  it('lets only one of many take it over', async () => {
    const id = recordId('take-over');
    await store.claim(id, digest, proposal(FIRST));
    await endLease(id);
    const claims = await Promise.all(Array.from({ length: 10 }, () => store.claim(id, digest, proposal(SECOND))));
    expect(claims.filter(({ kind }) => kind === 'run')).toHaveLength(1);
  });

  it('keeps the answer of whoever holds the lease: one that lost it can neither store nor renew', async () => {
    const id = recordId('loser');
    await store.claim(id, digest, proposal(FIRST));
    await endLease(id);
    await store.claim(id, digest, proposal(SECOND));
    const answer = { status: 200, headers: {}, body: '{"by":"second"}' };
    expect(await store.store(id, 1, { ...answer, body: '{"by":"first"}' })).toBe(false);
    expect(await store.renew(id, 1)).toBe(false);
    expect(await store.renew(id, 2)).toBe(true);
    expect(await store.store(id, 2, answer)).toBe(true);
    expect(await store.claim(id, digest, proposal(SECOND))).toEqual({ kind: 'answered', answer });
  });

  it('that was taken over is not forgotten: the runner before may have had an effect under its ids', async () => {
    const id = recordId('refused late');
    await store.claim(id, digest, proposal(FIRST));
    await endLease(id);
    await store.claim(id, digest, proposal(SECOND));
    await store.forget(id, 2);
    expect(await store.claim(id, digest, proposal(SECOND))).toEqual({ kind: 'run', work: proposal(FIRST), epoch: 3 });
  });

  it('is forgotten by whoever holds its lease alone', async () => {
    const id = recordId('refused');
    await store.claim(id, digest, proposal(FIRST));
    await store.forget(id, 2);
    expect(await store.claim(id, digest, proposal(SECOND))).toMatchObject({ kind: 'in_progress' });
    await store.forget(id, 1);
    const anew = await store.claim(id, bodyDigest({ other: 1 }), proposal(SECOND));
    expect(anew).toEqual({ kind: 'run', work: proposal(SECOND), epoch: 1 });
  });

  it('holds its answer sealed', async () => {
    const id = recordId('sealed');
    await store.claim(id, digest, proposal(FIRST));
    await store.store(id, 1, { status: 200, headers: {}, body: '{"email":"anna@example.com"}' });
    const { rows } = await db.database.pool.query('select answer from http.idempotency_records where id = $1', [id]);
    expect(rows[0].answer.toString('latin1')).not.toContain('anna');
    const other = await createPostgresIdempotencyStore({ database: db.database, masterKey: Buffer.alloc(32, 8) });
    await expect(other.claim(id, digest, proposal(FIRST))).rejects.toThrow();
  });

  it('is forgotten after 24 hours: the key begins anew, and a late runner of the old one stores nothing', async () => {
    const id = recordId('old');
    await store.claim(id, digest, proposal(FIRST));
    await db.database.pool.query('update http.idempotency_records set expires_at = now() where id = $1', [id]);
    const anew = await store.claim(id, bodyDigest({ other: 1 }), proposal(SECOND));
    expect(anew).toMatchObject({ kind: 'run', work: proposal(SECOND) });
    expect(await store.store(id, 1, { status: 200, headers: {}, body: '' })).toBe(false);
  });

  it('that is over goes away with the records that come', async () => {
    const id = recordId('swept');
    await store.claim(id, digest, proposal(FIRST));
    await db.database.pool.query('update http.idempotency_records set expires_at = now() where id = $1', [id]);
    for (let n = 0; n < 100; n++) await store.claim(recordId(`new ${n}`), digest, proposal(SECOND));
    const { rowCount } = await db.database.pool.query('select 1 from http.idempotency_records where id = $1', [id]);
    expect(rowCount).toBe(0);
  });
});
