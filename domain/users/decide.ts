/** The rules of an account. */
import type { Decider, Decision } from '../decider.ts';
import { reject } from '../rejection.ts';
import type { Sealed } from '../sealed.ts';
import { unreachable } from '../unreachable.ts';
import type { UserCommand } from './commands.ts';
import type { UserEvent } from './events.ts';
import { evolveUser, initialUser, type RegisteredUser, type UserState } from './state.ts';

export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  category: 'user',
  stateVersion: 1,
  initialState: initialUser,
  evolve: evolveUser,
  decide,
};

function decide(command: UserCommand, state: UserState): Decision<UserEvent> {
  if (command.type === 'RegisterUser') return register(command, state);
  if (command.type === 'AbandonRegistration') return abandon(command, state);
  if (state.status !== 'registered') {
    return reject('not_found', 'There is no such account.', { kind: 'not_found' });
  }
  switch (command.type) {
    case 'ChangeProfile':
      return changeProfile(command, state);
    case 'GrantRole': {
      const { userId, role } = command;
      return state.roles.includes(role) ? [] : [{ type: 'RoleGranted', data: { userId, role } }];
    }
    case 'RevokeRole': {
      const { userId, role } = command;
      if (role === 'buyer') return reject('buyer_role_stays', 'Everybody is a buyer: this role cannot be taken away.');
      return state.roles.includes(role) ? [{ type: 'RoleRevoked', data: { userId, role } }] : [];
    }
    default:
      return unreachable(command);
  }
}

function register(command: Extract<UserCommand, { type: 'RegisterUser' }>, { status }: UserState): Decision<UserEvent> {
  if (status === 'registered') return reject('already_registered', 'This account exists already: log in instead.');
  if (status === 'abandoned') {
    return reject('registration_abandoned', 'This sign-up took too long and was given up: sign up again.');
  }
  const { type: _, ...data } = command;
  return [{ type: 'UserRegistered', data }];
}

function abandon(
  { userId, emailKey }: Extract<UserCommand, { type: 'AbandonRegistration' }>,
  { status }: UserState,
): Decision<UserEvent> {
  if (status === 'registered') return reject('already_registered', 'This account exists: its address is taken.');
  return status === 'abandoned' ? [] : [{ type: 'RegistrationAbandoned', data: { userId, emailKey } }];
}

function changeProfile(
  { userId, name, phone }: Extract<UserCommand, { type: 'ChangeProfile' }>,
  state: RegisteredUser,
): Decision<UserEvent> {
  const changed = {
    ...(name !== undefined && !sameSealed(name, state.name) ? { name } : {}),
    ...(phone !== undefined && !sameSealed(phone, state.phone) ? { phone } : {}),
  };
  return Object.keys(changed).length === 0 ? [] : [{ type: 'ProfileChanged', data: { userId, ...changed } }];
}

/** Sealing is deterministic per person, so equal texts are equal sealed too. */
function sameSealed(a: Sealed<string> | null, b: Sealed<string> | null): boolean {
  return a?.$sealed === b?.$sealed && a?.person === b?.person;
}
