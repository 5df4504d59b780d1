/** Cancels an order before dispatch: the order's stream decides, then money and stock go back, the cart does not. */
import { orderDecider } from '../../domain/orders/decide.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import type { OrderResource } from '../../domain/resources.ts';
import { latest } from '../../event-store/port.ts';
import { notFound, type Outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { loadCheckout } from './load-checkout.ts';
import { orderResource } from './order-resource.ts';
import { runCheckout } from './run-checkout.ts';

export type CancelInput = {
  readonly orderId: string;
  readonly by: 'buyer' | 'staff';
  /** From `If-Match`. */
  readonly expectedRevision?: number | undefined;
};

const REASONS = {
  buyer: { code: 'cancelled_by_buyer', detail: 'The buyer cancelled the order.' },
  staff: { code: 'cancelled_by_staff', detail: 'The marketplace cancelled the order.' },
} as const;

/**
 * The cancelled order, also when repeated; 409 `not_cancellable`. What is owed is given back before the answer as far as
 * the gateway answers at once; the rest goes on by itself. Who may cancel is the caller's to judge.
 */
export async function cancelOrder(
  shop: Shop,
  { orderId, by, expectedRevision }: CancelInput,
  context: CommandContext,
): Promise<Outcome<OrderResource> | Rejection> {
  const command = { type: 'CancelOrder', orderId, reason: REASONS[by] } as const;
  const options = { naturalKey: true, ...(expectedRevision === undefined ? {} : { expectedRevision }) };
  const handled = await shop.runtime.handle(orderDecider, orderId, command, context, options);
  if (isRejection(handled)) return handled;
  const loaded = await loadCheckout(shop, { orderId });
  if (!loaded?.states.terms) return notFound('order');
  const { correlationId } = context;
  const { states, position } = await runCheckout(shop, loaded, { correlationId }).catch((error: unknown) => {
    // The order is cancelled whatever came of the rest: that is told where failures are told, and the process goes on.
    shop.background.run(`what cancelled order ${orderId} is owed`, () => Promise.reject(error));
    return loaded;
  });
  const terms = states.terms ?? loaded.states.terms;
  return {
    state: await orderResource(shop.keys, { ...states, terms }),
    revision: handled.revision,
    position: latest(handled.position, position),
  };
}
