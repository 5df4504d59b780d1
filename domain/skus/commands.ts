/** What can be asked of a seller's SKU. Its id is `skuId(sellerId, sku)`. */
import type { Instant } from '../decider.ts';

type Claim = {
  readonly sellerId: string;
  readonly sku: string;
  readonly productId: string;
  readonly variantId: string;
};

export type SkuCommand =
  /** Takes the SKU for a variant; the same variant renews its claim, a repeat does nothing. */
  | (Claim & { readonly type: 'ClaimSku'; readonly validUntil: Instant })
  /**
   * Gives it up; does nothing unless this variant holds it. Anyone may ask once the claim ran out and the product's
   * stream has abandoned it (`AbandonSkuClaim`).
   */
  | (Claim & { readonly type: 'ReleaseSku' });

/** Id of the stream that decides about one SKU of one seller: `sku-{sellerId}-{sku}`. */
export function skuId(sellerId: string, sku: string): string {
  return `${sellerId}-${sku}`;
}
