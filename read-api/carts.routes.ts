/** A cart, with what its lines show and what it comes to. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import { cartResource } from '../domain/resources.ts';
import type { Position } from '../event-store/port.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { assertMay, NOT_MODIFIED, shown } from './answers.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

export function cartRoutes({ carts, priceCart }: ReadApiDeps): readonly RouteDefinition[] {
  const cart = defineRoute({
    method: 'get',
    path: '/carts/{cartId}',
    summary: 'A cart, to its buyer or to whoever holds its token',
    tag: 'carts',
    params: z.object({ cartId: idSchema }),
    reads: carts.reads,
    responses: { 200: { description: 'The cart', schema: cartResource }, ...NOT_MODIFIED },
    async handler({ params, caller, cartTokenHash, waitFor }) {
      const found = await carts.find(params.cartId, { price: priceCart, waitFor: waitFor as Position | undefined });
      const facts = found && { userId: found.buyerId, cartTokenHash: found.cartTokenHash };
      assertMay(cart, { caller, cartTokenHash }, facts);
      return shown(found);
    },
  });
  return [cart] as readonly RouteDefinition[];
}
