/** What two sellers sold in a spring: two orders of a buyer, of which one is cancelled, and a guest's in another currency. */
import { newId } from '../../platform/ids.ts';
import { type Bought, type Purchase, purchase } from '../../projections/testing/purchase.ts';
import { category, listing, type Told, told, toldAt } from '../../projections/testing/story.ts';
import type { ReadShop } from './read-shop.ts';

const [sellerUser, otherUser, buyer] = [newId(), newId(), newId()];
const [sellerId, otherId, categoryId] = [newId(), newId(), newId()];
const lamp = { productId: newId(), variantId: newId(), sellerId };
const shade = { ...lamp, variantId: newId() };
const desk = { productId: newId(), variantId: newId(), sellerId: otherId };

/** The lamp and its shade are variants of one product; the desk is the other seller's. */
export const SPRING = { sellerUser, otherUser, buyer, sellerId, lamp, shade, desk };

/** Somebody applies to sell. */
export const applied = (id: string, userId: string) =>
  told(`seller-${id}`, 'SellerApplied', { sellerId: id, userId, name: 'Shop', slug: 'shop' });

/** A confirmed order is cancelled. */
export const cancelled = ({ orderId, cartId }: Purchase) =>
  told(`order-${orderId}`, 'OrderCancelled', {
    orderId,
    cartId,
    wasConfirmed: true,
    reason: { code: 'cancelled_by_staff', detail: '' },
  });

/** A purchase up to the captured payment. */
export const all = ({ cart, placed, confirmed }: Purchase) => [...cart, ...placed, ...confirmed];

/** Of a guest, where no buyer is named. */
export function buy({ log }: ReadShop, lines: readonly Bought[], buyerId: string | null = null): Promise<Purchase> {
  return purchase(log.seal, lines, { buyerId, cartTokenHash: buyerId === null ? 'hash' : null });
}

const inEuro = (events: readonly Told[]) =>
  JSON.parse(JSON.stringify(events).replaceAll('"USD"', '"EUR"')) as readonly Told[];

/** Tells it; answers the order that is cancelled. */
export async function tellSpring(shop: ReadShop): Promise<Purchase> {
  const spring = await buy(
    shop,
    [
      { ...lamp, quantity: 2, unit: 1_000 },
      { ...shade, quantity: 1, unit: 300 },
      { ...desk, quantity: 1, unit: 9_000 },
    ],
    buyer,
  );
  const again = await buy(shop, [{ ...lamp, quantity: 1, unit: 1_000 }], buyer);
  const euro = await buy(shop, [{ ...lamp, quantity: 1, unit: 900 }]);
  const variant = { ...shade, sku: 'SH-1', options: { colour: 'red' }, price: { amount: 300, currency: 'USD' } };
  await shop.tell([
    applied(sellerId, sellerUser),
    applied(otherId, otherUser),
    category(categoryId, 'Light'),
    ...listing({ ...lamp, categoryId, name: '=Lamp, "tall"', stock: 40, sku: 'L-1' }),
    told(`product-${lamp.productId}`, 'VariantAdded', variant),
    told(`inventory-${shade.variantId}`, 'StockReceived', { ...shade, sku: 'SH-1', quantity: 9 }),
    ...listing({ ...desk, categoryId, name: 'Desk', stock: 40 }),
    // The last half hour of March in New York, the first of April in Berlin.
    ...toldAt('2026-04-01T03:30:00Z', all(spring)),
    ...toldAt('2026-04-02T12:00:00Z', all(again)),
    ...toldAt('2026-04-02T13:00:00Z', inEuro(all(euro))),
    ...toldAt('2026-04-03T00:00:00Z', [cancelled(spring)]),
  ]);
  return spring;
}
