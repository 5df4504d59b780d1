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
      // Nearly every claim was taken at once: that is seen in what this process knows, without reading a stream.
      if (await isTaken(shop, key, {})) return { wakeAt: null };
      const { state: claim, revision } = await shop.runtime.load(skuDecider, key, { fresh: true });
      if (claim.status !== 'claimed' || (await isTaken(shop, key, { fresh: true }))) return { wakeAt: null };
      const { productId, variantId, validUntil } = claim;
      if (validUntil > shop.now()) return { wakeAt: validUntil };
      // The id follows from the claim, so that runs at the same time give up one claim once.
      const context = {
        commandId: nameId('sku-claim', key, variantId, validUntil),
        issuedAt: validUntil,
        actor: 'process:sku-claim',
        correlationId,
      };
      const sellerId = key.slice(0, SELLER_ID_LENGTH);
      const sku = skuOf(key);
      await barAndRelease(shop, { sellerId, sku, productId, variantId }, revision, context);
      return { wakeAt: null };
    },
  };
}

/** Whether the variant that claimed the SKU has it. */
async function isTaken(shop: Shop, key: string, how: { readonly fresh?: boolean }): Promise<boolean> {
  const { state: claim } = await shop.runtime.load(skuDecider, key, how);
  if (claim.status !== 'claimed') return false;
  const { state: product } = await shop.runtime.load(productDecider, claim.productId, how);
  if (product.status === 'none') return false;
  return product.variants.some(({ variantId, sku }) => variantId === claim.variantId && sku === skuOf(key));
}

function skuOf(key: string): string {
  return key.slice(SELLER_ID_LENGTH + 1);
}
