/** A user as clients see it, personal fields opened. */
import type { UserResource } from '../../domain/resources.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';

/** What an erased person's fields read as. */
const FORGOTTEN = '';

export async function userResource(keys: KeyStore, user: RegisteredUser): Promise<UserResource> {
  const [email, name, phone] = await Promise.all([
    keys.open(user.email),
    keys.open(user.name),
    user.phone === null ? undefined : keys.open(user.phone),
  ]);
  return {
    userId: user.userId,
    email: textOf(email) ?? FORGOTTEN,
    name: textOf(name) ?? FORGOTTEN,
    ...(textOf(phone) === undefined ? {} : { phone: textOf(phone) }),
    roles: [...user.roles],
    emailVerified: false,
    createdAt: user.createdAt,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
