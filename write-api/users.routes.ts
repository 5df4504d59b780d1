/** Accounts: profile and roles. */
import { z } from 'zod';
import { changeProfile } from '../commands/users/change-profile.ts';
import { grantRole, revokeRole } from '../commands/users/roles.ts';
import { userResource } from '../commands/users/user-resource.ts';
import { idSchema } from '../domain/ids.ts';
import { isRejection, type Rejection, reject } from '../domain/rejection.ts';
import { userResource as userShape } from '../domain/resources.ts';
import { text } from '../domain/text.ts';
import { nameSchema, roleSchema } from '../domain/users/events.ts';
import type { RegisteredUser } from '../domain/users/state.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed } from './answer.ts';
import { contextOf, matchOf, userIdOf } from './from-request.ts';
import { editRefusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const userIdParam = z.union([idSchema, z.literal('me')]);
const tag = 'accounts';

export function userRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const resource = (user: RegisteredUser) => userResource(shop.keys, user);

  const edit = defineRoute({
    method: 'patch',
    path: '/users/{userId}',
    summary: 'Change a profile',
    tag,
    params: z.object({ userId: userIdParam }),
    body: z.strictObject({ name: nameSchema.optional(), phone: text(40).trim().min(1).nullable().optional() }),
    responses: { 200: { description: 'The account', schema: userShape }, ...editRefusals() },
    handler(request) {
      const { userId } = request.params;
      const change = { userId: userId === 'me' ? userIdOf(request) : userId, ...request.body };
      return changed(changeProfile(shop, change, contextOf(request), matchOf(request)), resource);
    },
  });

  const params = z.object({ userId: idSchema, role: roleSchema });
  const grant = defineRoute({
    method: 'put',
    path: '/users/{userId}/roles/{role}',
    summary: 'Give a role',
    tag,
    params,
    responses: { 200: { description: 'The account', schema: userShape }, ...editRefusals() },
    handler(request) {
      return changed(grantRole(shop, request.params, contextOf(request), matchOf(request)), resource);
    },
  });

  const revoke = defineRoute({
    method: 'delete',
    path: '/users/{userId}/roles/{role}',
    summary: 'Take a role away',
    tag,
    params,
    responses: {
      204: { description: 'The account has it no more' },
      ...editRefusals({ 409: ['buyer_role_stays', 'own_admin_role'] }),
    },
    async handler(request) {
      const { userId, role } = request.params;
      // Were the last administrator to take its own role away, nobody could give it back.
      if (role === 'admin' && userId === userIdOf(request)) return ownAdminRole();
      const revoked = await revokeRole(shop, request.params, contextOf(request), matchOf(request));
      return isRejection(revoked) ? revoked : { status: 204, position: revoked.position };
    },
  });

  return [edit, grant, revoke] as readonly RouteDefinition[];
}

function ownAdminRole(): Rejection {
  return reject(
    'own_admin_role',
    'An administrator cannot give up its own role: ask another administrator to take it.',
  );
}
