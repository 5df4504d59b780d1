/** Process: a SKU that its variant did not take, or has given up, is free again when its claim ran out. */
import { productDecider } from '../../domain/products/decide.ts';
import { skuId } from '../../domain/skus/commands.ts';
import { skuDecider } from '../../domain/skus/decide.ts';
import { nameId } from '../../platform/ids.ts';
import type { Process } from '../processes/process.ts';
import type { Shop } from '../shop.ts';
import { barAndRelease } from './give-up-sku.ts';

const SELLER_ID_LENGTH = 36;

export function skuClaimProcess(shop: Shop): Process {
  return {
    name: 'sku-claim',
    wants: ['SkuClaimed', 'VariantRevised'],
    key: (event) => {
      if (event.type === 'SkuClaimed') return skuId(event.data.sellerId, event.data.sku);
      if (event.type !== 'VariantRevised' || event.data.previousSku === null) return undefined;
      return skuId(event.data.sellerId, event.data.previousSku);
    },
    async advance(key, { correlationId }) {
      const { state: claim, revision } = await shop.runtime.load(skuDecider, key, { fresh: true });
      if (claim.status !== 'claimed') return { wakeAt: null };
      const { productId, variantId, validUntil } = claim;
      const sku = key.slice(SELLER_ID_LENGTH + 1);
      const { state: product } = await shop.runtime.load(productDecider, productId, { fresh: true });
      const taken =
        product.status !== 'none' && product.variants.some((v) => v.variantId === variantId && v.sku === sku);
      if (taken) return { wakeAt: null };
      if (validUntil > shop.now()) return { wakeAt: validUntil };
      // The id follows from the claim, so that runs at the same time give up one claim once.
      const context = {
        commandId: nameId('sku-claim', key, variantId, validUntil),
        issuedAt: validUntil,
        actor: 'process:sku-claim',
        correlationId,
      };
      const sellerId = key.slice(0, SELLER_ID_LENGTH);
      await barAndRelease(shop, { sellerId, sku, productId, variantId }, revision, context);
      return { wakeAt: null };
    },
  };
}
