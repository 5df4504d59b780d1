/** Makes the stock of new variants known, at zero. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { Variant } from '../../domain/products/events.ts';
import type { Listing } from '../../domain/products/state.ts';
import { isRejection } from '../../domain/rejection.ts';
import { latest, type Position } from '../../event-store/port.ts';
import { step } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

/** Harmless to repeat: where the stock is known already nothing happens. */
export async function openStock(
  shop: Shop,
  { productId, sellerId }: Pick<Listing, 'productId' | 'sellerId'>,
  variants: readonly Variant[],
  context: CommandContext,
): Promise<{ readonly position: Position | null }> {
  const opened = await Promise.all(
    variants.map(({ variantId, sku }) =>
      shop.runtime.handle(
        inventoryDecider,
        variantId,
        { type: 'OpenStock', variantId, productId, sellerId, sku },
        step(context, `open:${variantId}`),
        { isNew: true },
      ),
    ),
  );
  return { position: opened.map((one) => (isRejection(one) ? null : one.position)).reduce(latest, null) };
}
