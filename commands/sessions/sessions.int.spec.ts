import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { accepted } from '../testing/test-market.ts';
import { createTestShop, type TestShop } from '../testing/test-shop.ts';
import { signUp } from '../users/sign-up.ts';
import { logIn } from './log-in.ts';
import { createLoginThrottle, type LoginThrottle } from './login-throttle.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';

let test: TestShop;
let sessions: SessionStore;
let throttle: LoginThrottle;
beforeAll(async () => {
  test = await createTestShop();
  sessions = await createSessionStore(test.database);
  throttle = createLoginThrottle(test.database);
});
afterAll(() => test.stop());

describe('a session', () => {
  it('gives a new refresh token for each one that is used up', async () => {
    const first = await sessions.open(newId());
    const second = await sessions.rotate(first.refreshToken);
    const third = await sessions.rotate(second?.refreshToken ?? '');
    expect(third).toMatchObject({ sessionId: first.sessionId, userId: first.userId });
    expect(await sessions.isLive(first.sessionId)).toBe(true);
  });

  it('ends at once when a used token comes back, for the one who has the newest too', async () => {
    const first = await sessions.open(newId());
    const second = await sessions.rotate(first.refreshToken);
    expect(await sessions.rotate(first.refreshToken)).toBeUndefined();
    expect(await sessions.isLive(first.sessionId)).toBe(false);
    expect(await sessions.rotate(second?.refreshToken ?? '')).toBeUndefined();
  });

  it('lets one of two through that bring the same token at once', async () => {
    const { refreshToken, sessionId } = await sessions.open(newId());
    const both = await Promise.all([sessions.rotate(refreshToken), sessions.rotate(refreshToken)]);
    expect(both.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await sessions.isLive(sessionId)).toBe(false);
  });

  it('is over after logging out; other sessions of the account are not', async () => {
    const userId = newId();
    const [one, other] = [await sessions.open(userId), await sessions.open(userId)];
    await sessions.end(one.refreshToken);
    await sessions.end('unknown');
    expect([await sessions.isLive(one.sessionId), await sessions.isLive(other.sessionId)]).toEqual([false, true]);
  });
});

describe('logging in', () => {
  const account = async () => {
    const userId = newId();
    const input = { userId, email: `${userId}@example.com`, name: 'Lea', password: 'right password' };
    accepted(await signUp(test.shop, input, test.context()));
    return input;
  };
  const tryWith = (email: string, password: string) =>
    logIn({ shop: test.shop, sessions, throttle }, { email, password });

  it('takes the right password, however the address is written', async () => {
    const { email, password, userId } = await account();
    expect(await tryWith(` ${email.toUpperCase()}`, password)).toMatchObject({ signedIn: { userId } });
  });

  it('refuses a wrong password and an unknown address in the same words', async () => {
    const { email } = await account();
    const wrong = await tryWith(email, 'wrong password');
    expect(wrong).toMatchObject({ code: 'invalid_credentials' });
    expect(await tryWith('nobody@example.com', 'wrong password')).toEqual(wrong);
  });

  it('throttles an address at the 11th failure, whether they came one by one or all at once', async () => {
    const { email, password } = await account();
    const all = await Promise.all(Array.from({ length: 13 }, () => tryWith(email, 'wrong password')));
    expect(all.filter((one) => 'throttledFor' in one)).toHaveLength(3);
    const later = await tryWith(email, password);
    expect(later).toEqual({ throttledFor: expect.any(Number) });
    expect(await tryWith((await account()).email, password)).toHaveProperty('signedIn');
  });

  it('forgets the failures once the password was right', async () => {
    const { email, password } = await account();
    for (let times = 0; times < 2; times++) {
      for (let failures = 0; failures < 9; failures++) await tryWith(email, 'wrong password');
      expect(await tryWith(email, password)).toHaveProperty('signedIn');
    }
  });

  it('counts only the failures of the last fifteen minutes', async () => {
    const { email, password } = await account();
    for (let failures = 0; failures < 11; failures++) await tryWith(email, 'wrong password');
    await test.database.pool.query(
      "update auth_login_failures set failed_at = array(select t - interval '16 minutes' from unnest(failed_at) t)",
    );
    expect(await tryWith(email, password)).toHaveProperty('signedIn');
  });
});
