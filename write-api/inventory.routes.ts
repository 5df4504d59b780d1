/** Stock. */
import { z } from 'zod';
import { adjustStock } from '../commands/inventory/adjust.ts';
import { inventoryResource } from '../commands/inventory/inventory-resource.ts';
import { receiveStock } from '../commands/inventory/receive.ts';
import { idSchema } from '../domain/ids.ts';
import { quantitySchema } from '../domain/inventory/events.ts';
import { inventoryResource as inventoryShape } from '../domain/resources.ts';
import { text } from '../domain/text.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed } from './answer.ts';
import { contextOf, matchOf } from './from-request.ts';
import { editRefusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'stock';
const params = z.object({ variantId: idSchema });

export function inventoryRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const receive = defineRoute({
    method: 'post',
    path: '/inventory/{variantId}/receipts',
    summary: 'Goods came in',
    tag,
    params,
    body: z.strictObject({ quantity: quantitySchema }),
    responses: {
      200: { description: 'The stock', schema: inventoryShape },
      ...editRefusals({ 422: ['quantity_too_large'] }),
    },
    handler(request) {
      const { variantId } = request.params;
      const receipt = { variantId, ...request.body };
      return changed(receiveStock(shop, receipt, contextOf(request), matchOf(request)), (stock) =>
        inventoryResource(variantId, stock),
      );
    },
  });

  const adjust = defineRoute({
    method: 'post',
    path: '/inventory/{variantId}/adjustments',
    summary: 'The shelf was counted again',
    tag,
    params,
    body: z.strictObject({ delta: z.number().int().min(-1_000_000).max(1_000_000), reason: text(500, 1) }),
    responses: {
      200: { description: 'The stock', schema: inventoryShape },
      ...editRefusals({ 409: ['below_reserved'], 422: ['quantity_too_large'] }),
    },
    handler(request) {
      const { variantId } = request.params;
      const adjustment = { variantId, ...request.body };
      return changed(adjustStock(shop, adjustment, contextOf(request), matchOf(request)), (stock) =>
        inventoryResource(variantId, stock),
      );
    },
  });

  return [receive, adjust] as readonly RouteDefinition[];
}
