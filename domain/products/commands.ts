/** What can be asked of a listing. The slug follows the name. */
import type { Instant } from '../decider.ts';
import type { Money } from '../money.ts';
import type { Image, Options, Specification, Variant } from './events.ts';

/**
 * `skusValidUntil`: minutes after the issue; a SKU is not taken later (`sku_claim_expired`). Else a writer that slept
 * takes a SKU whose claim was given to another meanwhile.
 */
type TakesSkus = {
  readonly skusValidUntil?: Instant | undefined;
  /** When the claims were asked for: what was abandoned before that is no matter of these. */
  readonly skusClaimedAt?: Instant | undefined;
};

export type ProductCommand =
  /** At least one variant, all in one currency, no two with the same options or SKU. */
  | (TakesSkus & {
      readonly type: 'DraftProduct';
      readonly productId: string;
      readonly sellerId: string;
      readonly name: string;
      readonly description: string;
      readonly brand: string;
      readonly categoryId: string;
      readonly specifications: readonly Specification[];
      readonly images: readonly Image[];
      readonly popularity: number;
      readonly variants: readonly Variant[];
      readonly publish: boolean;
    })
  /** Only what is given changes. */
  | {
      readonly type: 'ReviseProduct';
      readonly productId: string;
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly brand?: string | undefined;
      readonly categoryId?: string | undefined;
      readonly specifications?: readonly Specification[] | undefined;
      readonly popularity?: number | undefined;
    }
  | (TakesSkus & { readonly type: 'AddVariant'; readonly productId: string; readonly variant: Variant })
  /** Only what is given changes; `sku: null` gives the SKU up. Price and the rest change together or not at all. */
  | (TakesSkus & {
      readonly type: 'ReviseVariant';
      readonly productId: string;
      readonly variantId: string;
      readonly sku?: string | null | undefined;
      readonly options?: Options | undefined;
      readonly price?: Money | undefined;
    })
  | { readonly type: 'AddImage'; readonly productId: string; readonly image: Image }
  | { readonly type: 'PublishProduct'; readonly productId: string }
  | { readonly type: 'ArchiveProduct'; readonly productId: string }
  /** A claim of `sku` ran out: this variant must never take it now. Refused where the variant has it (`sku_in_use`). */
  | {
      readonly type: 'AbandonSkuClaim';
      readonly productId: string;
      readonly variantId: string;
      readonly sku: string;
    };
