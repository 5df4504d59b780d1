/** A busy marketplace: many listings, purchases and changes, told in one long row. */
import { newId } from '../../platform/ids.ts';
import { purchase } from './purchase.ts';
import { approvedSeller, category, listing, type Told, told, usd } from './story.ts';
import type { TestLog } from './test-log.ts';

/** Some 20 events for each of `count` products, among them fan-outs to orders, stock and payments. */
export async function bustle(log: Pick<TestLog, 'seal'>, count: number): Promise<Told[]> {
  const sellerId = newId();
  const categoryId = newId();
  const events: Told[] = [...approvedSeller(sellerId), category(categoryId, 'Things')];
  for (let n = 0; n < count; n++) {
    const product = { productId: newId(), variantId: newId(), sellerId };
    const listed = listing({ ...product, categoryId, name: `Thing number ${n}`, brand: `Brand ${n % 7}`, stock: 100 });
    const buyer = { buyerId: null, cartTokenHash: `guest-${n}` };
    const bought = await purchase(log.seal, [{ ...product, quantity: 1 + (n % 3), unit: 1_999 }], buyer);
    const { productId, variantId } = product;
    events.push(
      ...listed,
      ...bought.cart,
      ...bought.placed,
      ...(n % 2 === 0 ? [bought.challenged] : []),
      ...bought.confirmed,
      told(`product-${productId}`, 'VariantRepriced', { productId, variantId, price: usd(1_000 + n) }),
      ...(n % 5 === 0 ? [told(`product-${productId}`, 'ProductArchived', { productId })] : []),
    );
  }
  return events;
}
