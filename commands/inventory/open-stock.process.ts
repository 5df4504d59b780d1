/** Process: every variant has a stock, also where the writer died between adding the variant and opening its stock. */
import { productDecider } from '../../domain/products/decide.ts';
import { nameId } from '../../platform/ids.ts';
import type { Process } from '../processes/process.ts';
import type { Shop } from '../shop.ts';
import { openStock } from './open-stock.ts';

export function openStockProcess(shop: Shop): Process {
  return {
    name: 'open-stock',
    wants: ['VariantAdded'],
    key: (event) => (event.type === 'VariantAdded' ? event.data.productId : undefined),
    async advance(productId, { correlationId }) {
      const { state: product } = await shop.runtime.load(productDecider, productId, { fresh: true });
      if (product.status === 'none') return { wakeAt: null };
      await openStock(shop, product, product.variants, {
        commandId: nameId('open-stock', productId),
        issuedAt: product.updatedAt,
        actor: 'process:open-stock',
        correlationId,
      });
      return { wakeAt: null };
    },
  };
}
