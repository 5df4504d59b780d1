/** Process: every variant has a stock, also where the writer died between adding the variant and opening its stock. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
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
      const { state: product } = await shop.runtime.load(productDecider, productId);
      if (product.status === 'none') return { wakeAt: null };
      const missing = await Promise.all(
        product.variants.map(async (variant) => {
          const { state: stock } = await shop.runtime.load(inventoryDecider, variant.variantId);
          return stock.productId === null ? [variant] : [];
        }),
      );
      await openStock(shop, product, missing.flat(), {
        commandId: nameId('open-stock', productId),
        issuedAt: product.updatedAt,
        actor: 'process:open-stock',
        correlationId,
      });
      return { wakeAt: null };
    },
  };
}
