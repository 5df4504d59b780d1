/** The only SELECTs on users. */
import type { UserResource } from '../../domain/resources.ts';
import type { Found, Reader } from '../read.ts';
import { isKey } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { UserRow } from './projection.ts';

/** A user; undefined where there is none. Reads the projection `users`. */
export async function findUser(reader: Reader, userId: string): Promise<Found<UserResource> | undefined> {
  if (!isKey(userId)) return undefined;
  const { rows } = await reader.query<UserRow & Stamp>({
    name: 'find-user',
    text: 'select * from projections.users where user_id = $1',
    values: [userId],
  });
  const row = rows[0];
  if (!row) return undefined;
  const resource: UserResource = {
    userId: row.user_id,
    email: row.email,
    name: row.name,
    ...(row.phone === null ? {} : { phone: row.phone }),
    roles: [...row.roles],
    emailVerified: row.email_verified,
    createdAt: row.created_at,
  };
  return { resource, revision: row.revision, position: row.position };
}
