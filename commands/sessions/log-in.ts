/** Signs in with e-mail address and password. */
import { type Rejection, reject } from '../../domain/rejection.ts';
import { userDecider } from '../../domain/users/decide.ts';
import { emailDecider } from '../../domain/users/email/decide.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import { hashPassword, verifyPassword } from '../../platform/auth/passwords.ts';
import type { Shop } from '../shop.ts';
import { emailKeyOf } from '../users/email-address.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { OpenedSession, SessionStore } from './session-store.ts';

export type LoginDeps = { readonly shop: Shop; readonly sessions: SessionStore; readonly throttle: LoginThrottle };

export type LoginOutcome =
  | { readonly signedIn: OpenedSession }
  /** Too many failures for this address; seconds to wait. */
  | { readonly throttledFor: number };

export async function logIn(
  { shop, sessions, throttle }: LoginDeps,
  input: { readonly email: string; readonly password: string },
): Promise<LoginOutcome | Rejection> {
  const emailKey = emailKeyOf(shop.keys, input.email);
  const throttledFor = await throttle.attempt(emailKey);
  if (throttledFor !== undefined) return { throttledFor };
  const user = await userOf(shop, emailKey);
  const hash = user && (await shop.keys.open(user.passwordHash));
  // An unknown address costs the same work: else the time of the answer tells which addresses have accounts.
  const matches = await verifyPassword(typeof hash === 'string' ? hash : await decoyHash(), input.password);
  if (!user || typeof hash !== 'string' || !matches) {
    return reject('invalid_credentials', 'E-mail address or password is wrong. Check both and try again.');
  }
  await throttle.succeed(emailKey);
  return { signedIn: await sessions.open(user.userId) };
}

async function userOf(shop: Shop, emailKey: string): Promise<RegisteredUser | undefined> {
  const { state: email } = await shop.runtime.load(emailDecider, emailKey, { fresh: true });
  if (email.status !== 'claimed') return undefined;
  const { state: user } = await shop.runtime.load(userDecider, email.userId, { fresh: true });
  return user.status === 'registered' ? user : undefined;
}

let decoy: Promise<string> | undefined;

/** A hash that fits no password anybody has, made once. */
function decoyHash(): Promise<string> {
  decoy ??= hashPassword(crypto.randomUUID());
  return decoy;
}
