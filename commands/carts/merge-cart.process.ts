/** Process: the lines of a cart that closed for another one come in there, also when the writer died between the two. */
import { cartDecider } from '../../domain/carts/decide.ts';
import { nameId } from '../../platform/ids.ts';
import type { Process } from '../processes/process.ts';
import type { Shop } from '../shop.ts';
import { takeIn } from './merge.ts';

export function mergeCartProcess(shop: Shop): Process {
  return {
    name: 'merge-cart',
    wants: ['CartAbandoned'],
    key: (event) => (event.type === 'CartAbandoned' ? event.data.cartId : undefined),
    async advance(cartId, { correlationId }) {
      const { state: source } = await shop.runtime.load(cartDecider, cartId, { fresh: true });
      if (source.status === 'none' || source.mergedInto === null) return { wakeAt: null };
      // A refusal is the end of it: the other cart was checked out, or filled up, in between; the source keeps its lines.
      await takeIn(shop, source.mergedInto, source, {
        commandId: nameId('merge-cart', cartId),
        issuedAt: source.updatedAt,
        actor: 'process:merge-cart',
        correlationId,
      });
      return { wakeAt: null };
    },
  };
}
