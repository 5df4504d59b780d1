/** What an account is to its own rules. Bound: one entry per role, everything else fixed. */
import type { Instant } from '../decider.ts';
import type { Sealed } from '../sealed.ts';
import type { Role } from './events.ts';

export type RegisteredUser = {
  readonly status: 'registered';
  readonly userId: string;
  readonly emailKey: string;
  readonly email: Sealed<string>;
  readonly name: Sealed<string>;
  readonly phone: Sealed<string> | null;
  readonly passwordHash: Sealed<string>;
  /** In the order they were granted; `buyer` is always first. */
  readonly roles: readonly Role[];
  readonly createdAt: Instant;
};

export type UserState = { readonly status: 'none' } | { readonly status: 'abandoned' } | RegisteredUser;

export const initialUser: UserState = { status: 'none' };
