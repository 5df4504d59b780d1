/** Accounts as they are shown: one row per user. */
import type { Role } from '../../domain/users/events.ts';
import { shownOrNull, shownText } from '../read.ts';
import { defineProjection, must } from '../runtime/types.ts';

export type UserRow = {
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly phone: string | null;
  readonly roles: readonly Role[];
  readonly email_verified: boolean;
  readonly created_at: string;
};

export const usersProjection = defineProjection<
  'UserRegistered' | 'RegistrationAbandoned' | 'ProfileChanged' | 'RoleGranted' | 'RoleRevoked',
  UserRow
>({
  name: 'users',
  version: 1,
  table: 'users',
  keyColumn: 'user_id',
  category: 'user',
  columns: {
    user_id: 'text',
    email: 'text',
    name: 'text',
    phone: 'text',
    roles: 'jsonb',
    email_verified: 'boolean',
    created_at: 'text',
  },
  wants: ['UserRegistered', 'RegistrationAbandoned', 'ProfileChanged', 'RoleGranted', 'RoleRevoked'],
  keys: (event) => [event.data.userId],
  project(event, row, key) {
    switch (event.type) {
      case 'UserRegistered':
        return {
          user_id: key,
          email: shownText(event.data.email),
          name: shownText(event.data.name),
          phone: null,
          roles: ['buyer'],
          email_verified: false,
          created_at: event.metadata.occurredAt,
        };
      case 'RegistrationAbandoned':
        return row ?? null;
      case 'ProfileChanged': {
        const user = must(row, event, key);
        const { name, phone } = event.data;
        return {
          ...user,
          name: name === undefined ? user.name : shownText(name),
          phone: phone === undefined ? user.phone : shownOrNull(phone),
        };
      }
      case 'RoleGranted': {
        const user = must(row, event, key);
        return { ...user, roles: [...user.roles.filter((role) => role !== event.data.role), event.data.role] };
      }
      case 'RoleRevoked': {
        const user = must(row, event, key);
        return { ...user, roles: user.roles.filter((role) => role !== event.data.role) };
      }
    }
  },
});
