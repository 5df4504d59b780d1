/** Which variant a seller's SKU names. Bound: fixed size. */
import type { Happened, Instant } from '../decider.ts';
import { unreachable } from '../unreachable.ts';
import type { SkuEvent } from './events.ts';

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

/** Folds one event into the claim. */
export function evolveSku(_state: SkuState, event: Happened<SkuEvent>): SkuState {
  switch (event.type) {
    case 'SkuClaimed': {
      const { productId, variantId, validUntil } = event.data;
      return { status: 'claimed', productId, variantId, validUntil };
    }
    case 'SkuReleased':
      return initialSku;
    default:
      return unreachable(event);
  }
}
