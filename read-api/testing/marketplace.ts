/** A small marketplace as a read shop is told of it: two sellers, a draft, a buyer's cart and a guest's order. */
import { createHash } from 'node:crypto';
import { newId } from '../../platform/ids.ts';
import { type Purchase, purchase } from '../../projections/testing/purchase.ts';
import { category, listing, told, usd } from '../../projections/testing/story.ts';
import type { ReadShop } from './read-shop.ts';

const [buyer, sellerUser, otherSellerUser] = [newId(), newId(), newId()];
const [sellerId, otherSellerId] = [newId(), newId()];
const [audio, headphones] = [newId(), newId()];
const [productId, variantId, draftId] = [newId(), newId(), newId()];
const [otherProductId, otherVariantId] = [newId(), newId()];

export const PEOPLE = { buyer, sellerUser, otherSellerUser, sellerId, otherSellerId };
/** `headphones` is below `audio`; `draftId` is a product of the first seller. */
export const THINGS = { audio, headphones, productId, variantId, draftId, otherProductId };

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Who applied to sell, and was approved unless that is still to come. */
export function seller(id: string, userId: string, name: string, approved = true) {
  const stream = `seller-${id}`;
  return [
    told(stream, 'SellerApplied', { sellerId: id, userId, name, slug: name.toLowerCase() }),
    ...(approved ? [told(stream, 'SellerApproved', { sellerId: id, userId })] : []),
  ];
}

/** Tells it; the buyer's order is not placed yet. The guest holds `guest-token`. */
export async function tellMarketplace(
  shop: ReadShop,
): Promise<{ readonly bought: Purchase; readonly guest: Purchase }> {
  const { seal } = shop.log;
  const of = { categoryId: headphones, brand: 'Acme', stock: 50 };
  const bought = await purchase(
    seal,
    [
      { productId, variantId, sellerId, quantity: 2, unit: 1_999 },
      { productId: otherProductId, variantId: otherVariantId, sellerId: otherSellerId, quantity: 1, unit: 500 },
    ],
    { buyerId: buyer, cartTokenHash: null },
  );
  const guest = await purchase(seal, [{ productId, variantId, sellerId, quantity: 1, unit: 1_999 }], {
    buyerId: null,
    cartTokenHash: hashOf('guest-token'),
  });
  await shop.tell([
    told(`user-${buyer}`, 'UserRegistered', {
      userId: buyer,
      emailKey: 'k',
      email: await seal(buyer, 'ada@example.com'),
      name: await seal(buyer, 'Ada'),
      passwordHash: await seal(buyer, 'x'),
    }),
    ...seller(sellerId, sellerUser, 'Sound'),
    ...seller(otherSellerId, otherSellerUser, 'Vision'),
    category(audio, 'Audio'),
    category(headphones, 'Headphones', audio),
    ...listing({ ...of, productId, variantId, sellerId, name: 'Quiet Headphones' }),
    ...listing({
      ...of,
      productId: otherProductId,
      variantId: otherVariantId,
      sellerId: otherSellerId,
      name: 'Loud Speaker',
      price: usd(500),
    }),
    told(`product-${draftId}`, 'ProductDrafted', {
      productId: draftId,
      sellerId,
      slug: 'draft',
      name: 'Draft',
      description: '',
      brand: 'Acme',
      categoryId: headphones,
      specifications: [],
      popularity: 0,
      images: [],
    }),
    ...bought.cart,
    ...guest.cart,
    ...guest.placed,
  ]);
  return { bought, guest };
}
