import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import { until } from '../platform/testing/until.ts';
import type { As } from './testing/client.ts';
import { logInAdmin, PASSWORD, signUp } from './testing/people.ts';
import { type StartedShop, startTestShop } from './testing/start-test-shop.ts';

let shop: StartedShop;
let admin: As;
beforeAll(async () => {
  shop = await startTestShop();
  admin = await logInAdmin(shop);
});
afterAll(() => shop.stop());

const account = (email: string) => ({ email, password: PASSWORD, name: 'Ann' });

describe('POST /auth/signup', () => {
  it('signs in whom it signs up, with the place and the position of the account', async () => {
    const reply = await shop.call('POST /auth/signup', { body: account('Ann@Example.com') });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      userId: expect.any(String),
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 900,
    });
    expect(reply.headers.get('location')).toBe(`/users/${reply.body.userId}`);
    const headers = { 'souk-wait-for': reply.headers.get('souk-position') ?? '' };
    const me = await shop.call('GET /users/me', { as: reply.body, headers });
    expect(me.body).toMatchObject({ email: 'ann@example.com', name: 'Ann', roles: ['buyer'], emailVerified: false });
  });

  it('refuses an address that has an account, however it is written', async () => {
    await shop.done('POST /auth/signup', { body: account('taken@example.com') });
    const reply = await shop.call('POST /auth/signup', { body: account(' TAKEN@example.com') });
    expect(reply).toMatchObject({ status: 409, body: { code: 'email_taken', status: 409 } });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['no address', { ...account('nobody') }, '/email'],
    ['a short password', { ...account('a@example.com'), password: 'seven77' }, '/password'],
    ['a long password', { ...account('a@example.com'), password: 'x'.repeat(201) }, '/password'],
    ['an empty name', { ...account('a@example.com'), name: '  ' }, '/name'],
    ['NUL in the name', { ...account('a@example.com'), name: 'a\u0000b' }, '/name'],
    ['an unknown field', { ...account('a@example.com'), role: 'admin' }, '/role'],
  ])('refuses %s, naming the field', async (_what, body, pointer) => {
    const reply = await shop.call('POST /auth/signup', { body });
    expect(reply).toMatchObject({ status: 422, body: { code: 'invalid', errors: [{ pointer }] } });
  });
});

describe('signing in and out', () => {
  it('gives tokens for the right password, and 401 for anything else', async () => {
    const { email, userId } = await signUp(shop);
    const right = await shop.call('POST /auth/login', { body: { email: email.toUpperCase(), password: PASSWORD } });
    expect(right).toMatchObject({ status: 200, body: { userId, expiresIn: 900 } });
    const wrong = await shop.call('POST /auth/login', { body: { email, password: 'something else' } });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    const unknown = await shop.call('POST /auth/login', { body: { email: 'x@example.com', password: PASSWORD } });
    expect(unknown.body).toEqual(wrong.body);
  });

  it('asks an account without a second factor for none, whatever code is sent along', async () => {
    const { email } = await signUp(shop);
    const login = (password: string) => shop.call('POST /auth/login', { body: { email, password, otp: '000000' } });
    expect((await login(PASSWORD)).status).toBe(200);
    expect((await login('something else')).status).toBe(401);
  });

  it('answers the 11th failure for an address with 429, whatever RATE_LIMIT says', async () => {
    const { email } = await signUp(shop);
    const attempt = () => shop.call('POST /auth/login', { body: { email, password: 'something else' } });
    for (let failures = 0; failures < 10; failures++) expect((await attempt()).status).toBe(401);
    const eleventh = await attempt();
    expect(eleventh).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('refreshes once for each token; a used one that comes back ends the session at once', async () => {
    const person = await signUp(shop);
    await until(async () => (await shop.call('GET /users/me', { as: person })).status === 200);
    const next = await shop.call('POST /auth/refresh', { body: { refreshToken: person.refreshToken } });
    expect(next).toMatchObject({ status: 200, body: { userId: person.userId } });
    const reused = await shop.call('POST /auth/refresh', { body: { refreshToken: person.refreshToken } });
    expect(reused).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect((await shop.call('GET /users/me', { as: next.body })).status).toBe(401);
    const after = await shop.call('POST /auth/refresh', { body: { refreshToken: next.body.refreshToken } });
    expect(after.status).toBe(401);
  });

  it('signs out, also twice; the access token is over at once', async () => {
    const person = await signUp(shop);
    const asked = () => shop.call('GET /users/me', { as: person });
    await until(async () => (await asked()).status === 200);
    const out = () => shop.call('POST /auth/logout', { body: { refreshToken: person.refreshToken } });
    expect((await out()).status).toBe(204);
    expect((await out()).status).toBe(204);
    expect((await asked()).status).toBe(401);
  });

  it('never tells who leaves that they cannot, whatever they send', async () => {
    for (const body of [{}, { refreshToken: 7 }, { refreshToken: 'unknown' }]) {
      expect((await shop.call('POST /auth/logout', { body })).status).toBe(204);
    }
  });
});

describe('profiles', () => {
  it('change by their owner: only what is given, and a phone can be taken out again', async () => {
    const person = await signUp(shop);
    const named = await shop.call('PATCH /users/me', { as: person, body: { name: 'New', phone: '+1 555' } });
    expect(named).toMatchObject({ status: 200, body: { userId: person.userId, name: 'New', phone: '+1 555' } });
    const cleared = await shop.call('PATCH /users/me', { as: person, body: { phone: null } });
    expect(cleared.body).toMatchObject({ name: 'New' });
    expect(cleared.body).not.toHaveProperty('phone');
  });

  it('change by staff too, and look like nothing to anybody else', async () => {
    const [person, other] = [await signUp(shop), await signUp(shop)];
    const request = `PATCH /users/${person.userId}`;
    expect((await shop.call(request, { as: admin, body: { name: 'By staff' } })).body.name).toBe('By staff');
    expect(await shop.call(request, { as: other, body: {} })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await shop.call(request, { body: {} })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await shop.call(`PATCH /users/${newId()}`, { as: admin, body: {} })).status).toBe(404);
    expect((await shop.call('PATCH /users/not-an-id', { as: admin, body: {} })).status).toBe(404);
  });

  it('are edited at the revision that was read, else 412', async () => {
    const person = await signUp(shop);
    const first = await shop.call('PATCH /users/me', { as: person, body: { name: 'One' } });
    const headers = { 'if-match': first.headers.get('etag') ?? '' };
    expect((await shop.call('PATCH /users/me', { as: person, body: { name: 'Two' }, headers })).status).toBe(200);
    const stale = await shop.call('PATCH /users/me', { as: person, body: { name: 'Three' }, headers });
    expect(stale).toMatchObject({ status: 412, body: { code: 'stale' } });
  });
});

describe('roles', () => {
  it('are given and taken by administrators, and work within a second without a new token', async () => {
    const person = await signUp(shop);
    const given = await shop.call(`PUT /users/${person.userId}/roles/support`, { as: admin });
    expect(given).toMatchObject({ status: 200, body: { roles: ['buyer', 'support'] } });
    const asStaff = () => shop.call('POST /categories', { as: person, body: { name: 'By support' } });
    await until(async () => (await asStaff()).status === 201);
    const taken = await shop.call(`DELETE /users/${person.userId}/roles/support`, { as: admin });
    expect([taken.status, taken.body]).toEqual([204, undefined]);
    await until(async () => (await asStaff()).status === 403);
  });

  it('are nobody else’s to give; unknown ones and unknown accounts are 404; the buyer’s stays', async () => {
    const person = await signUp(shop);
    const request = `PUT /users/${person.userId}/roles/admin`;
    expect(await shop.call(request, { as: person })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await shop.call(request)).status).toBe(401);
    expect((await shop.call(`PUT /users/${person.userId}/roles/king`, { as: admin })).status).toBe(404);
    expect((await shop.call(`PUT /users/${newId()}/roles/ops`, { as: admin })).status).toBe(404);
    const me = await shop.done('GET /users/me', { as: admin });
    const own = await shop.call(`DELETE /users/${me.userId}/roles/admin`, { as: admin });
    expect(own).toMatchObject({ status: 409, body: { code: 'own_admin_role' } });
    const buyer = await shop.call(`DELETE /users/${person.userId}/roles/buyer`, { as: admin });
    expect(buyer).toMatchObject({ status: 409, body: { code: 'buyer_role_stays' } });
  });

  it('are changed at the revision that was read, else 412', async () => {
    const { userId } = await signUp(shop);
    const headers = { 'if-match': '"7.x"' };
    for (const method of ['PUT', 'DELETE']) {
      const reply = await shop.call(`${method} /users/${userId}/roles/ops`, { as: admin, headers });
      expect(reply).toMatchObject({ status: 412, body: { code: 'stale' } });
    }
  });
});
