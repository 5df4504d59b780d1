/** Process: a guest's cart that nobody touched for days is given up, so that what nobody comes back for does not stay open. */
import { cartDecider } from '../../domain/carts/decide.ts';
import type { CartState } from '../../domain/carts/state.ts';
import type { Instant } from '../../domain/decider.ts';
import { later } from '../../domain/instant.ts';
import { isRejection } from '../../domain/rejection.ts';
import { nameId } from '../../platform/ids.ts';
import type { Process } from '../processes/process.ts';
import type { Shop } from '../shop.ts';

const DAY_MS = 86_400_000;

/** `days` from the last change, by the time that stands in its event. */
export function expireGuestCartProcess(shop: Shop, days: number): Process {
  const endOf = (cart: CartState): Instant | null =>
    cart.status === 'open' && cart.buyerId === null ? later(cart.updatedAt, days * DAY_MS) : null;
  return {
    name: 'expire-guest-cart',
    // Not what touches a cart: that is seen when its time has come, and costs nothing here until then.
    wants: ['CartOpened', 'CartReopened'],
    key: (event) => {
      if (event.type === 'CartOpened') return event.data.buyerId === null ? event.data.cartId : undefined;
      return event.type === 'CartReopened' ? event.data.cartId : undefined;
    },
    async advance(cartId, { correlationId }) {
      const { state: cart } = await shop.runtime.load(cartDecider, cartId, { fresh: true });
      const end = endOf(cart);
      if (cart.status === 'none' || end === null || end > shop.now()) return { wakeAt: end };
      const command = { type: 'ExpireCart', cartId, untouchedSince: cart.updatedAt } as const;
      const handled = await shop.runtime.handle(cartDecider, cartId, command, {
        commandId: nameId('expire-guest-cart', cartId, cart.updatedAt),
        issuedAt: end,
        actor: 'process:expire-guest-cart',
        correlationId,
      });
      if (isRejection(handled)) throw new Error(`${cartId} cannot expire: ${handled.detail}`);
      // Touched between the look and the decision: no event that this process waits for tells when to look again.
      return { wakeAt: endOf(handled.state) };
    },
  };
}
