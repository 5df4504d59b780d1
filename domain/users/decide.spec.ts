/** The rules of an account. */
import { describe, expect, it } from '@jest/globals';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, sealed } from '../testing/samples.ts';
import type { UserCommand } from './commands.ts';
import { userDecider } from './decide.ts';
import type { UserEvent } from './events.ts';

const userId = id(1);
const account = {
  userId,
  emailKey: 'key',
  email: sealed<string>('ann@example.org'),
  name: sealed<string>('Ann'),
  passwordHash: sealed<string>('hash'),
};
const register: UserCommand = { type: 'RegisterUser', ...account };
const registered: UserEvent = { type: 'UserRegistered', data: account };
const abandon: UserCommand = { type: 'AbandonRegistration', userId, emailKey: 'key' };
const abandoned: UserEvent = { type: 'RegistrationAbandoned', data: { userId, emailKey: 'key' } };
const notFound = { kind: 'not_found' } as const;

describe('signing up', () => {
  it('opens an account', () => given(userDecider).when(register).gives(registered));
  it('makes everybody a buyer, without a phone', () => {
    expect(stateOf(userDecider, [registered])).toEqual({
      status: 'registered',
      ...account,
      phone: null,
      roles: ['buyer'],
      createdAt: NOW,
    });
  });
  it('is refused where the account exists', () =>
    given(userDecider, [registered]).when(register).isRefused('already_registered'));
  it('is refused once the sign-up was given up', () =>
    given(userDecider, [abandoned]).when(register).isRefused('registration_abandoned'));
});

describe('giving a sign-up up', () => {
  it('leaves a mark where there is no account', () => given(userDecider).when(abandon).gives(abandoned));
  it('changes nothing the second time', () => given(userDecider, [abandoned]).when(abandon).changesNothing());
  it('is refused where the account exists', () =>
    given(userDecider, [registered]).when(abandon).isRefused('already_registered'));
});

describe('changing a profile', () => {
  const name = sealed<string>('Anna');
  const phone = sealed<string>('+1');
  const change = (fields: object): UserCommand => ({ type: 'ChangeProfile', userId, ...fields });
  const withPhone: UserEvent = { type: 'ProfileChanged', data: { userId, phone } };

  it('records what changed only', () =>
    given(userDecider, [registered])
      .when(change({ name: account.name, phone }))
      .gives(withPhone));
  it('records a new name', () =>
    given(userDecider, [registered]).when(change({ name })).gives({ type: 'ProfileChanged', data: { userId, name } }));
  it('removes a phone with null', () =>
    given(userDecider, [registered, withPhone])
      .when(change({ phone: null }))
      .gives({ type: 'ProfileChanged', data: { userId, phone: null } }));
  it('changes nothing where nothing differs', () =>
    given(userDecider, [registered, withPhone])
      .when(change({ name: account.name, phone }))
      .changesNothing());
  it('changes nothing where a phone that is not there is removed', () =>
    given(userDecider, [registered])
      .when(change({ phone: null }))
      .changesNothing());
  it('keeps what was not changed', () => {
    const events: UserEvent[] = [registered, withPhone, { type: 'ProfileChanged', data: { userId, name } }];
    expect(stateOf(userDecider, events)).toMatchObject({ name, phone });
  });
  it('is refused without an account', () => given(userDecider).when(change({ name })).isRefused('not_found', notFound));
  it('is refused after the sign-up was given up', () =>
    given(userDecider, [abandoned]).when(change({ name })).isRefused('not_found', notFound));
});

describe('roles', () => {
  const grant: UserCommand = { type: 'GrantRole', userId, role: 'support' };
  const revoke: UserCommand = { type: 'RevokeRole', userId, role: 'support' };
  const granted: UserEvent = { type: 'RoleGranted', data: { userId, role: 'support' } };
  const revoked: UserEvent = { type: 'RoleRevoked', data: { userId, role: 'support' } };

  it('are granted', () => given(userDecider, [registered]).when(grant).gives(granted));
  it('are granted once', () => given(userDecider, [registered, granted]).when(grant).changesNothing());
  it('are revoked', () => given(userDecider, [registered, granted]).when(revoke).gives(revoked));
  it('are revoked once', () => given(userDecider, [registered, granted, revoked]).when(revoke).changesNothing());
  it('are granted again after they were revoked', () =>
    given(userDecider, [registered, granted, revoked]).when(grant).gives(granted));
  it('always include buyer', () =>
    given(userDecider, [registered]).when({ type: 'RevokeRole', userId, role: 'buyer' }).isRefused('buyer_role_stays'));
  it('need an account to be granted to', () => given(userDecider).when(grant).isRefused('not_found', notFound));
  it('need an account to be revoked from', () => given(userDecider).when(revoke).isRefused('not_found', notFound));
});
