/** The shelf was counted again. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { InventoryState } from '../../domain/inventory/state.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

/** `below_reserved` where what is left would not cover the reservations. */
export async function adjustStock(
  shop: Shop,
  adjustment: { readonly variantId: string; readonly delta: number; readonly reason: string },
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<InventoryState> | Rejection> {
  const { variantId } = adjustment;
  const { state: stock } = await shop.runtime.load(inventoryDecider, variantId, { fresh: true });
  if (stock.productId === null) return notFound('variant');
  const command = { type: 'AdjustStock', ...adjustment } as const;
  return outcome(await shop.runtime.handle(inventoryDecider, variantId, command, context, options));
}
