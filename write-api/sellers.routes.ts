/** Sellers: application, approval, suspension, profile. */
import { z } from 'zod';
import { applyAsSeller } from '../commands/sellers/apply.ts';
import { approveSeller } from '../commands/sellers/approve.ts';
import { changeShopProfile } from '../commands/sellers/change-shop-profile.ts';
import { sellerIdOf } from '../commands/sellers/seller-id.ts';
import { sellerResource } from '../commands/sellers/seller-resource.ts';
import { suspendSeller } from '../commands/sellers/suspend.ts';
import { idSchema } from '../domain/ids.ts';
import { sellerResource as sellerShape } from '../domain/resources.ts';
import { line, text } from '../domain/text.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed, created } from './answer.ts';
import { contextOf, matchOf, userIdOf } from './from-request.ts';
import { editRefusals, refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'sellers';
const profile = {
  name: line(200),
  description: text(5_000).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, { error: 'must be an ISO 3166-1 code of two letters such as US' })
    .optional(),
};
const params = z.object({ sellerId: idSchema });
const responses = { 200: { description: 'The seller', schema: sellerShape }, ...editRefusals() };

export function sellerRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const apply = defineRoute({
    method: 'post',
    path: '/sellers',
    summary: 'Ask to sell',
    tag,
    body: z.strictObject(profile),
    responses: {
      201: { description: 'Applied: wait for approval', schema: sellerShape },
      ...refusals({ 409: ['already_applied'] }),
    },
    handler(request) {
      const application = { userId: userIdOf(request), ...request.body };
      return created(
        applyAsSeller(shop, application, contextOf(request)),
        (seller) => `/sellers/${seller.sellerId}`,
        sellerResource,
      );
    },
  });

  const approve = defineRoute({
    method: 'post',
    path: '/sellers/{sellerId}/approve',
    summary: 'Let a seller sell, or lift a suspension',
    tag,
    params,
    responses,
    handler: (request) =>
      changed(approveSeller(shop, request.params.sellerId, contextOf(request), matchOf(request)), sellerResource),
  });

  const suspend = defineRoute({
    method: 'post',
    path: '/sellers/{sellerId}/suspend',
    summary: 'Stop a seller from selling',
    tag,
    params,
    body: z.strictObject({ reason: text(1_000).optional() }),
    responses,
    handler(request) {
      const suspension = { sellerId: request.params.sellerId, ...request.body };
      return changed(suspendSeller(shop, suspension, contextOf(request), matchOf(request)), sellerResource);
    },
  });

  const edit = defineRoute({
    method: 'patch',
    path: '/sellers/{sellerId}',
    summary: 'Change a seller’s profile',
    tag,
    params: z.object({ sellerId: z.union([idSchema, z.literal('me')]) }),
    body: z.strictObject({ ...profile, name: profile.name.optional() }),
    responses,
    handler(request) {
      const { sellerId } = request.params;
      const change = { sellerId: sellerId === 'me' ? sellerIdOf(userIdOf(request)) : sellerId, ...request.body };
      return changed(changeShopProfile(shop, change, contextOf(request), matchOf(request)), sellerResource);
    },
  });

  return [apply, approve, suspend, edit] as readonly RouteDefinition[];
}
