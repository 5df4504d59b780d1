/** Goods came in. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { InventoryState } from '../../domain/inventory/state.ts';
import { productDecider } from '../../domain/products/decide.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export async function receiveStock(
  shop: Shop,
  { variantId, quantity }: { readonly variantId: string; readonly quantity: number },
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<InventoryState> | Rejection> {
  const { state: stock } = await shop.runtime.load(inventoryDecider, variantId, { fresh: true });
  const { productId, sellerId } = stock;
  if (productId === null || sellerId === null) return notFound('variant');
  const { state: product } = await shop.runtime.load(productDecider, productId);
  const variant = product.status === 'none' ? undefined : product.variants.find((one) => one.variantId === variantId);
  const sku = variant?.sku ?? null;
  const command = { type: 'ReceiveStock', variantId, productId, sellerId, sku, quantity } as const;
  return outcome(await shop.runtime.handle(inventoryDecider, variantId, command, context, options));
}
