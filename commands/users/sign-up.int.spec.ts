import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isRejection } from '../../domain/rejection.ts';
import { userDecider } from '../../domain/users/decide.ts';
import { newId } from '../../platform/ids.ts';
import { type Outcome, step } from '../outcome.ts';
import { createTestShop, Killed, type TestShop } from '../testing/test-shop.ts';
import { emailKeyOf } from './email-address.ts';
import { ensureAdmin } from './ensure-admin.ts';
import { signUp } from './sign-up.ts';
import { userResource } from './user-resource.ts';

let test: TestShop;
beforeAll(async () => {
  test = await createTestShop();
});
afterAll(() => test.stop());

let counter = 0;
const someone = (email = `anna${counter++}@example.com`) => ({
  userId: newId(),
  email,
  name: 'Anna',
  password: 'correct horse',
});

describe('signing up', () => {
  it('opens an account whose personal data the log holds only sealed', async () => {
    const input = someone('  Bea@Example.COM ');
    const made = present(await signUp(test.shop, input, test.context()));
    expect(await userResource(test.shop.keys, made.state)).toMatchObject({
      userId: input.userId,
      email: 'bea@example.com',
      name: 'Anna',
      roles: ['buyer'],
      emailVerified: false,
    });
    const log = JSON.stringify(await test.store.readAll({ after: null }));
    expect(log).not.toContain('bea@');
    expect(log).not.toContain('Anna');
    expect(log).not.toContain('argon2');
  });

  it('gives one address to exactly one of many who want it at once, however it is written', async () => {
    const wanted = Array.from({ length: 8 }, (_, at) => someone(at % 2 ? 'one@example.com' : 'ONE@example.com '));
    const made = await Promise.all(wanted.map((input) => signUp(test.shop, input, test.context())));
    expect(made.filter((one) => !isRejection(one))).toHaveLength(1);
    expect(made.filter(isRejection).map(({ code }) => code)).toEqual(Array(7).fill('email_taken'));
  });

  it('is one account when the same command is sent again', async () => {
    const input = someone();
    const context = test.context();
    const first = present(await signUp(test.shop, input, context));
    const again = present(await signUp(test.shop, input, context));
    expect(again.revision).toBe(first.revision);
    expect(await test.typesOf(`user-${input.userId}`)).toEqual(['UserRegistered']);
  });
});

describe('a sign-up that died between claim and account', () => {
  it('keeps the address while it may still be under way, then gives it to who asks next', async () => {
    const dead = someone();
    await expect(signUp(test.dyingBefore('RegisterUser'), dead, test.context())).rejects.toBeInstanceOf(Killed);
    const early = await signUp(test.shop, someone(dead.email), test.context());
    expect(early).toMatchObject({ code: 'email_taken' });
    test.pass(61);
    const next = someone(dead.email);
    present(await signUp(test.shop, next, test.context()));
    expect(await test.typesOf(`user-${dead.userId}`)).toEqual(['RegistrationAbandoned']);
  });

  it('cannot become an account any more once the address went to another', async () => {
    const slow = someone();
    const context = test.context();
    await expect(signUp(test.dyingBefore('RegisterUser'), slow, context)).rejects.toBeInstanceOf(Killed);
    test.pass(61);
    present(await signUp(test.shop, someone(slow.email), test.context()));
    expect(await signUp(test.shop, slow, context)).toMatchObject({ code: 'email_taken' });
    const { state } = await test.shop.runtime.load(userDecider, slow.userId, { fresh: true });
    expect(state.status).toBe('abandoned');
  });

  it('goes on where it stopped when the same command comes again in time', async () => {
    const input = someone();
    const context = test.context();
    await expect(signUp(test.dyingBefore('RegisterUser'), input, context)).rejects.toBeInstanceOf(Killed);
    present(await signUp(test.shop, input, context));
    const emailKey = emailKeyOf(test.shop.keys, input.email);
    expect(await test.typesOf(`email-${emailKey}`)).toEqual(['EmailClaimed']);
  });

  it('is taken over by one of many who ask once the claim ran out', async () => {
    const dead = someone();
    await expect(signUp(test.dyingBefore('RegisterUser'), dead, test.context())).rejects.toBeInstanceOf(Killed);
    test.pass(61);
    const all = Array.from({ length: 5 }, () => signUp(test.shop, someone(dead.email), test.context()));
    expect((await Promise.all(all)).filter((one) => !isRejection(one))).toHaveLength(1);
  });
});

describe('the first administrator', () => {
  it('is made once, by whichever process starts first, and keeps its password', async () => {
    const input = { email: 'admin@example.com', password: 'admin password' };
    const [one, two] = await Promise.all([ensureAdmin(test.shop, input), ensureAdmin(test.shop, input)]);
    const again = await ensureAdmin(test.shop, { ...input, password: 'another one' });
    expect(present(one).state.userId).toBe(present(two).state.userId);
    expect(present(again).state.roles).toEqual(['buyer', 'admin']);
    expect(present(again).state.passwordHash).toEqual(present(one).state.passwordHash);
  });
});

it('steps of one command have ids of their own', () => {
  const context = test.context();
  expect(step(context, 'a').commandId).not.toBe(step(context, 'b').commandId);
  expect(step(context, 'a')).toEqual(step(context, 'a'));
});

function present<S>(result: Outcome<S> | { readonly rejected: true }): Outcome<S> {
  if (isRejection(result)) throw new Error(`refused: ${result.code}`);
  return result as Outcome<S>;
}
