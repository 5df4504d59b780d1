/** Who calls: tokens, tickets, roles as they are now, sessions that ended. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { Credentials } from '../http/kit.ts';
import type { Caller } from '../http/route.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createAuthenticate } from './authenticate.ts';
import { createStreamTickets, type StreamTickets } from './stream-tickets.ts';

const masterKey = Buffer.alloc(32, 3);
const userId = '0190a8c0-0000-7000-8000-000000000001';
const sessionId = '0190a8c0-0000-7000-8000-000000000002';

let db: TestDatabase;
let tickets: StreamTickets;
let roles: readonly string[] | undefined = ['buyer'];
let live = true;

beforeAll(async () => {
  db = await createTestDatabase();
  tickets = await createStreamTickets(db.database);
});
afterAll(() => db?.drop());

/** A process that has nothing remembered. */
function ask(credentials: Partial<Credentials>): Promise<Caller> {
  const authenticate = createAuthenticate({
    tokens: createAccessTokens({ masterKey }),
    tickets,
    rolesOf: async () => roles,
    isLive: async () => live,
  });
  return authenticate({ authorization: undefined, ticket: undefined, cartTokenHash: undefined, ...credentials });
}

const refused = (credentials: Partial<Credentials>) =>
  expect(ask(credentials)).rejects.toMatchObject({ problem: { status: 401, code: 'unauthenticated' } });

describe('an access token', () => {
  const tokens = createAccessTokens({ masterKey });

  it('says who, in which session; the roles are those of now', async () => {
    const authorization = `Bearer ${await tokens.issue({ userId, sessionId })}`;
    expect(await ask({ authorization })).toEqual({ kind: 'user', userId, sessionId, roles: ['buyer'] });
    roles = ['buyer', 'support'];
    expect(await ask({ authorization })).toMatchObject({ roles: ['buyer', 'support'] });
    roles = ['buyer'];
  });

  it('lives for 15 minutes', async () => {
    let now = Date.now();
    const clocked = createAccessTokens({ masterKey, now: () => now });
    const token = await clocked.issue({ userId, sessionId });
    now += (15 * 60 - 1) * 1_000;
    expect(await clocked.verify(token)).toEqual({ userId, sessionId });
    now += 2_000;
    expect(await clocked.verify(token)).toBeUndefined();
    expect(clocked.expiresInS).toBe(900);
  });

  it('of another key, without a signature, or of another kind proves nothing', async () => {
    const foreign = await createAccessTokens({ masterKey: Buffer.alloc(32, 4) }).issue({ userId, sessionId });
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${foreign.split('.')[1]}.`;
    const untyped = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer('souk')
      .setExpirationTime('1h')
      .sign(masterKey);
    for (const token of [foreign, unsigned, untyped, 'sk_nonsense', '']) {
      await refused({ authorization: `Bearer ${token}` });
    }
    await refused({ authorization: 'Basic YTpi' });
  });

  it('ends with its session', async () => {
    const authorization = `Bearer ${await tokens.issue({ userId, sessionId })}`;
    live = false;
    await refused({ authorization });
    live = true;
  });

  it('of an account whose row has not come yet counts, with the role everybody has', async () => {
    roles = undefined;
    const authorization = `Bearer ${await tokens.issue({ userId, sessionId })}`;
    expect(await ask({ authorization })).toMatchObject({ userId, roles: ['buyer'] });
    roles = ['buyer'];
  });
});

describe('a stream ticket', () => {
  const user: Caller = { kind: 'user', userId, sessionId, roles: ['admin'] };

  it('stands for its caller once, with the roles of now', async () => {
    const { ticket, expiresIn } = await tickets.issue(user);
    expect(expiresIn).toBe(30);
    expect(await ask({ ticket })).toEqual({ kind: 'user', userId, sessionId, roles: ['buyer'] });
    await refused({ ticket });
  });

  it('of a guest stands for the cart', async () => {
    const { ticket } = await tickets.issue({ kind: 'guest', tokenHash: 'abc' });
    expect(await ask({ ticket })).toEqual({ kind: 'guest', tokenHash: 'abc' });
  });

  it('is redeemed by one of many that bring it', async () => {
    const { ticket } = await tickets.issue(user);
    const all = await Promise.all(Array.from({ length: 10 }, () => tickets.redeem(ticket)));
    expect(all.filter((holder) => holder !== undefined)).toHaveLength(1);
  });

  it('is over after 30 s', async () => {
    const { ticket } = await tickets.issue(user);
    await db.database.pool.query(`update stream_tickets set expires_at = expires_at - interval '31 s'`);
    await refused({ ticket });
  });
});

describe('without an access token', () => {
  it('a cart token makes a guest, and nothing makes nobody', async () => {
    expect(await ask({ cartTokenHash: 'abc' })).toEqual({ kind: 'guest', tokenHash: 'abc' });
    expect(await ask({})).toEqual({ kind: 'anonymous' });
  });
});
