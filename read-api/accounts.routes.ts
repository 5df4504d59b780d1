/** Users and sellers, as they are shown. */
import { z } from 'zod';
import { sellerResource, userResource } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { findUser } from '../projections/users/queries.ts';
import { assertMay, NOT_MODIFIED, shown } from './answers.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { idOrMe, own, sellerNamed } from './seller-named.ts';

export function accountRoutes({ reader }: ReadApiDeps): readonly RouteDefinition[] {
  const user = defineRoute({
    method: 'get',
    path: '/users/{userId}',
    summary: 'A profile: one’s own, as me, or any for staff',
    tag: 'accounts',
    params: z.object({ userId: idOrMe }),
    reads: ['users'],
    responses: { 200: { description: 'The user', schema: userResource }, ...NOT_MODIFIED },
    handler: async ({ params, caller }) => shown(await findUser(reader, own(params.userId, caller))),
  });

  const seller = defineRoute({
    method: 'get',
    path: '/sellers/{sellerId}',
    summary: 'A seller; one that is not approved only to itself and to staff',
    tag: 'sellers',
    params: z.object({ sellerId: idOrMe }),
    reads: ['sellers'],
    responses: { 200: { description: 'The seller', schema: sellerResource }, ...NOT_MODIFIED },
    async handler({ params, caller, cartTokenHash }) {
      const found = await sellerNamed(reader, params.sellerId, caller);
      const facts = found && {
        sellerUserIds: [found.resource.userId],
        public: found.resource.status === 'approved',
      };
      assertMay(seller, { caller, cartTokenHash }, facts);
      return shown(found);
    },
  });

  return [user, seller] as readonly RouteDefinition[];
}
