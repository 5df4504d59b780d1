/** From a cart to an order, and back. */
import { z } from 'zod';
import { cancelOrder } from '../commands/orders/cancel-order.ts';
import { checkOut } from '../commands/orders/check-out.ts';
import { idSchema } from '../domain/ids.ts';
import { moneySchema } from '../domain/money.ts';
import { orderDecider } from '../domain/orders/decide.ts';
import { addressSchema, paymentMethodSchema } from '../domain/orders/events.ts';
import { termsOf } from '../domain/orders/state.ts';
import { isRejection } from '../domain/rejection.ts';
import { orderResource as orderShape } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition, type RouteRequest } from '../platform/http/route.ts';
import { changed } from './answer.ts';
import { emailSchema } from './email-schema.ts';
import { contextOf, guestContextOf } from './from-request.ts';
import { editRefusals, refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'orders';
const standing = orderShape.pick({ orderId: true, status: true, reason: true, action: true });

export function checkoutRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const checkout = defineRoute({
    method: 'post',
    path: '/carts/{cartId}/checkout',
    summary: 'Place an order for what lies in a cart, and pay for it',
    tag,
    params: z.object({ cartId: idSchema }),
    body: z.strictObject({
      email: emailSchema.optional(),
      shippingAddress: addressSchema,
      shippingOptionId: z.string().max(50).optional(),
      payment: z.strictObject({ method: paymentMethodSchema, token: z.string().max(500).optional() }),
      acceptTotal: moneySchema.optional(),
    }),
    idempotency: 'required',
    responses: {
      201: { description: 'The order is confirmed, rejected, or needs an action', schema: standing },
      202: { description: 'The order is placed; look at it again', schema: standing },
      ...refusals({
        409: [
          'cart_empty',
          'already_checked_out',
          'cart_not_open',
          // It changed again and again while its terms were drawn up.
          'cart_changed',
          'not_for_sale',
          'price_changed',
          'out_of_stock',
        ],
        422: ['payment_method_unavailable'],
      }),
    },
    async handler(request) {
      const { cartId } = request.params;
      const input = {
        cartId,
        userId: request.caller.kind === 'user' ? request.caller.userId : null,
        cartTokenHash: request.cartTokenHash ?? null,
        waitS: request.preferWait,
        ...request.body,
      };
      const result = await checkOut(shop, input, guestContextOf(request, cartId));
      if (isRejection(result)) return result;
      const { status, body, position } = result;
      return { status, headers: { location: `/orders/${body.orderId}` }, body, position };
    },
  });

  const cancel = defineRoute({
    method: 'post',
    path: '/orders/{orderId}/cancel',
    summary: 'Cancel an order before dispatch: money and stock go back',
    tag,
    params: z.object({ orderId: idSchema }),
    responses: {
      200: { description: 'The order', schema: orderShape },
      ...editRefusals({ 409: ['not_cancellable'] }),
    },
    async handler(request) {
      const { orderId } = request.params;
      const by = (await isBuyer(request, orderId)) ? 'buyer' : 'staff';
      const input = { orderId, by, expectedRevision: request.ifMatch } as const;
      return changed(cancelOrder(shop, input, contextOf(request)), (order) => order);
    },
  });

  /** Staff may cancel too; the reason on the order says who did. */
  async function isBuyer(request: RouteRequest<unknown, unknown, unknown>, orderId: string): Promise<boolean> {
    const { caller, cartTokenHash } = request;
    const terms = termsOf((await shop.runtime.load(orderDecider, orderId)).state);
    if (caller.kind === 'user' && terms?.buyerId === caller.userId) return true;
    return cartTokenHash !== undefined && terms?.cartTokenHash === cartTokenHash;
  }

  return [checkout, cancel] as readonly RouteDefinition[];
}
