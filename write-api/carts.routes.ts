/** Carts, and what lies in them. */
import { z } from 'zod';
import { addItem } from '../commands/carts/add-item.ts';
import { cartResource } from '../commands/carts/cart-resource.ts';
import { cartTokenHash } from '../commands/carts/cart-token.ts';
import { changeQuantity } from '../commands/carts/change-quantity.ts';
import { mergeCarts } from '../commands/carts/merge.ts';
import { openCart } from '../commands/carts/open.ts';
import { removeItem } from '../commands/carts/remove-item.ts';
import { idSchema } from '../domain/ids.ts';
import { isRejection } from '../domain/rejection.ts';
import { cartResource as cartShape } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed } from './answer.ts';
import { guestContextOf, matchOf } from './from-request.ts';
import { editRefusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'carts';
const cart = z.object({ cartId: idSchema });
const item = z.object({ cartId: idSchema, variantId: idSchema });
const shown = { 200: { description: 'The cart', schema: cartShape } };

export function cartRoutes(deps: WriteApiDeps): readonly RouteDefinition[] {
  return [open(deps), merge(deps), ...itemRoutes(deps)];
}

function open({ shop }: WriteApiDeps): RouteDefinition {
  return defineRoute({
    method: 'post',
    path: '/carts',
    summary: 'Open a cart; a guest gets the token that proves it',
    tag,
    body: z.strictObject({}),
    responses: { 201: { description: 'The cart', schema: cartShape.extend({ cartToken: z.string().optional() }) } },
    async handler(request) {
      const cartId = request.newId('cart');
      const buyerId = request.caller.kind === 'user' ? request.caller.userId : null;
      const opened = await openCart(shop, { cartId, buyerId }, guestContextOf(request, cartId));
      if (isRejection(opened)) return opened;
      const { state, revision, position, cartToken } = opened;
      const body = { ...cartResource(state), ...(cartToken === undefined ? {} : { cartToken }) };
      return { status: 201, headers: { location: `/carts/${cartId}` }, body, revision, position };
    },
  }) as RouteDefinition;
}

function merge({ shop }: WriteApiDeps): RouteDefinition {
  return defineRoute({
    method: 'post',
    path: '/carts/{cartId}/merge',
    summary: 'Take in a guest’s cart, proved by its token',
    tag,
    params: cart,
    body: z.strictObject({ fromCartId: idSchema, cartToken: z.string().min(1).max(500) }),
    responses: { ...shown, ...editRefusals({ 409: ['cart_not_open', 'cart_full'], 422: ['currency_mismatch'] }) },
    handler(request) {
      const { fromCartId, cartToken } = request.body;
      const merging = { cartId: request.params.cartId, fromCartId, fromTokenHash: cartTokenHash(cartToken) };
      return changed(
        mergeCarts(shop, merging, guestContextOf(request, request.params.cartId), matchOf(request)),
        cartResource,
      );
    },
  }) as RouteDefinition;
}

function itemRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const add = defineRoute({
    method: 'post',
    path: '/carts/{cartId}/items',
    summary: 'Put units of a variant into a cart; they add up',
    tag,
    params: cart,
    body: z.strictObject({ variantId: idSchema, quantity: z.number().int().min(1) }),
    responses: {
      ...shown,
      ...editRefusals({
        409: ['cart_not_open', 'not_for_sale', 'cart_full'],
        422: ['quantity_too_large', 'currency_mismatch'],
      }),
    },
    handler(request) {
      const added = { cartId: request.params.cartId, ...request.body };
      return changed(
        addItem(shop, added, guestContextOf(request, request.params.cartId), matchOf(request)),
        cartResource,
      );
    },
  });

  const change = defineRoute({
    method: 'patch',
    path: '/carts/{cartId}/items/{variantId}',
    summary: 'Set how many; 0 removes',
    tag,
    params: item,
    body: z.strictObject({ quantity: z.number().int().min(0) }),
    responses: {
      ...shown,
      ...editRefusals({
        409: ['cart_not_open', 'not_for_sale'],
        422: ['quantity_too_large', 'currency_mismatch'],
      }),
    },
    handler(request) {
      const set = { ...request.params, ...request.body };
      return changed(
        changeQuantity(shop, set, guestContextOf(request, request.params.cartId), matchOf(request)),
        cartResource,
      );
    },
  });

  const remove = defineRoute({
    method: 'delete',
    path: '/carts/{cartId}/items/{variantId}',
    summary: 'Take a variant out of a cart',
    tag,
    params: item,
    responses: { ...shown, ...editRefusals({ 409: ['cart_not_open'] }) },
    handler(request) {
      const { cartId, variantId } = request.params;
      return changed(
        removeItem(shop, { cartId, variantId }, guestContextOf(request, request.params.cartId), matchOf(request)),
        cartResource,
      );
    },
  });

  return [add, change, remove] as readonly RouteDefinition[];
}
