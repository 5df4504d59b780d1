/** Which variant a seller's SKU names. Bound: fixed size. */
import type { Instant } from '../decider.ts';

export type SkuState =
  | { readonly status: 'free' }
  /** `validUntil`: afterwards a claim that its variant has not taken may be given up by anyone. */
  | {
      readonly status: 'claimed';
      readonly productId: string;
      readonly variantId: string;
      readonly validUntil: Instant;
    };

export const initialSku: SkuState = { status: 'free' };
