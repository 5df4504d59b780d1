/** Passwords, turns, and what is remembered for a moment. */
import { describe, expect, it } from '@jest/globals';
import { hashPassword, verifyPassword } from './passwords.ts';
import { remembered } from './remembered.ts';
import { createTurns } from './turns.ts';

describe('a password', () => {
  it('is hashed by argon2id with OWASP’s parameters, each time with another salt', async () => {
    const [a, b] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(a).not.toBe(b);
    expect(await verifyPassword(a, 'correct horse')).toBe(true);
    expect(await verifyPassword(a, 'correct horsf')).toBe(false);
  });

  it('is the same however its letters are composed', async () => {
    expect(await verifyPassword(await hashPassword('h\u00e4llo w\u00f6rld'), 'ha\u0308llo wo\u0308rld')).toBe(true);
  });
});

describe('turns', () => {
  it('let so many run at once, in the order they came, and go on after a failure', async () => {
    const inTurn = createTurns(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = (n: number) =>
      inTurn(async () => {
        order.push(n);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (n === 1) throw new Error('one fails');
        return n;
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });
});

describe('what is remembered', () => {
  it('is asked once within its time, and again after it', async () => {
    let now = 0;
    let asked = 0;
    const ask = remembered(
      async () => ++asked,
      500,
      () => now,
    );
    expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual([1, 1, 2]);
    now = 500;
    expect(await ask('a')).toBe(3);
  });

  it('is asked again once it was told to forget', async () => {
    let asked = 0;
    const ask = remembered(
      async () => ++asked,
      500,
      () => 0,
    );
    expect([await ask('a'), await ask('a')]).toEqual([1, 1]);
    ask.forget('a');
    expect(await ask('a')).toBe(2);
  });

  it('is never a failure', async () => {
    let asked = 0;
    const ask = remembered(
      async () => {
        if (++asked === 1) throw new Error('away');
        return asked;
      },
      500,
      () => 0,
    );
    await expect(ask('a')).rejects.toThrow('away');
    expect(await ask('a')).toBe(2);
  });
});
