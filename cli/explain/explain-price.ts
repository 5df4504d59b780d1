/** The price of a variant: each change of it with who made it, up to today's. */
import type { Money } from '../../domain/money.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { type Explanation, type FormatPosition, factOf, type Seen, stateOf, told } from './explanation.ts';

export type PriceChange = { readonly seen: Seen; readonly price: Money };

/** Every price that a variant was given, in order. */
export function priceChanges(variantId: string, product: readonly Seen[]): readonly PriceChange[] {
  return product.flatMap((seen) => {
    const { type, data } = seen.event;
    if (type !== 'VariantAdded' && type !== 'VariantRepriced') return [];
    return data.variantId === variantId ? [{ seen, price: data.price }] : [];
  });
}

/** `product`: the whole stream of its product. Undefined where that has no such variant. */
export function explainPrice(
  variantId: string,
  product: readonly Seen[],
  format: FormatPosition,
): Explanation | undefined {
  const state = stateOf(productDecider, product);
  const variant = state.status === 'none' ? undefined : state.variants.find((it) => it.variantId === variantId);
  if (state.status === 'none' || variant === undefined) return undefined;
  const because = priceChanges(variantId, product).map(({ seen, price }) => factOf(seen, price, format));
  return {
    subject: `price of variant ${variantId}`,
    figures: [told('price', variant.price, because, `${state.name}, ${state.status}`)],
  };
}
