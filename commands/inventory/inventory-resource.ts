/** The stock of a variant as clients see it. */
import { availableOf, type InventoryState } from '../../domain/inventory/state.ts';
import type { InventoryResource } from '../../domain/resources.ts';

export function inventoryResource(variantId: string, stock: InventoryState): InventoryResource {
  const { onHand, reserved, sku, productId } = stock;
  if (productId === null) throw new Error(`the stock of ${variantId} was never opened`);
  return { variantId, sku, productId, onHand, reserved, available: availableOf(stock) };
}
