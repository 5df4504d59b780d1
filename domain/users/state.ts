/** What an account is to its own rules. Bound: one entry per role, everything else fixed. */
import type { Happened, Instant } from '../decider.ts';
import type { Sealed } from '../sealed.ts';
import { unreachable } from '../unreachable.ts';
import type { Role, UserEvent } from './events.ts';

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

/** Folds one event into the account. */
export function evolveUser(state: UserState, event: Happened<UserEvent>): UserState {
  switch (event.type) {
    case 'UserRegistered': {
      const { userId, emailKey, email, name, passwordHash } = event.data;
      const account = { userId, emailKey, email, name, phone: null, passwordHash };
      return { status: 'registered', ...account, roles: ['buyer'], createdAt: event.at };
    }
    case 'RegistrationAbandoned':
      return { status: 'abandoned' };
    case 'ProfileChanged':
      return change(state, ({ name, phone }) => ({
        name: event.data.name ?? name,
        phone: event.data.phone === undefined ? phone : event.data.phone,
      }));
    case 'RoleGranted':
      return change(state, ({ roles }) => ({ roles: [...roles, event.data.role] }));
    case 'RoleRevoked':
      return change(state, ({ roles }) => ({ roles: roles.filter((role) => role !== event.data.role) }));
    default:
      return unreachable(event);
  }
}

function change(state: UserState, to: (user: RegisteredUser) => Partial<RegisteredUser>): UserState {
  return state.status === 'registered' ? { ...state, ...to(state) } : state;
}
