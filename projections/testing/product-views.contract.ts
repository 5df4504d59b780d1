/** What every engine of product pages must do. */
import { expect, it } from '@jest/globals';
import { productResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { findProduct } from '../products/queries.ts';
import { approvedSeller, listing, type Told, told, usd } from './story.ts';
import { see, type ViewsUnderTest } from './views-under-test.ts';

/** Registers the rules with jest. */
export function productViewsContract(subject: () => ViewsUnderTest): void {
  const find = (productId: string, waitFor?: Position) => subject().products.find(productId, { waitFor });

  it('finds no page where there is no product, nor under what is no id', async () => {
    const productId = newId();
    // A claim that ran out may be all that ever came to a product.
    const claim = { productId, variantId: newId(), sku: 'A-1' };
    const position = await see(subject(), [told(`product-${productId}`, 'SkuClaimAbandoned', claim)]);
    for (const id of [newId(), productId, 'no/such\u0000id', '']) {
      expect(await find(id)).toBeUndefined();
      expect(await find(id, position)).toBeUndefined();
    }
  });

  it('shows a page with the stock of each variant, listed while its seller is approved', async () => {
    const { productId, variantId, sellerId, listed } = goods();
    const position = await see(subject(), listed);
    const found = await find(productId, position);
    expect(productResource.parse(found?.resource)).toMatchObject({
      productId,
      sellerId,
      status: 'published',
      images: [{ url: 'https://x.example/t.jpg' }],
      variants: [{ variantId, sku: 'T-1', price: usd(1_999), available: 7 }],
    });
    expect(found).toMatchObject({ listed: true, sellerStatus: 'approved', revision: 2, position });
    const suspended = await see(subject(), [told(`seller-${sellerId}`, 'SellerSuspended', { sellerId })]);
    expect(await find(productId, suspended)).toMatchObject({ listed: false, sellerStatus: 'suspended', revision: 2 });
  });

  it('shows every change to whoever waits for its position, and the same as the rows', async () => {
    const under = subject();
    const item = goods();
    await see(under, item.listed);
    for (const event of changesOf(item)) {
      const position = await see(under, [event]);
      await under.projections.waitFor(position, ['products'], 20_000);
      const rows = await findProduct(under.log.database.pool, item.productId);
      expect(rows?.position).toBe(position);
      expect(await find(item.productId, position)).toEqual(rows);
    }
    expect((await find(item.productId))?.resource).toMatchObject({ name: 'Better thing', status: 'archived' });
  });

  it('answers many who ask for the same page at once alike', async () => {
    const item = goods();
    const position = await see(subject(), item.listed);
    const found = await Promise.all(Array.from({ length: 50 }, () => find(item.productId, position)));
    expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(found[0]?.resource.variants[0]?.available).toBe(7);
  });
}

/** A product with seven in stock. */
function goods() {
  const [productId, variantId, sellerId] = [newId(), newId(), newId()];
  const of = { productId, variantId, sellerId, categoryId: newId(), name: 'Thing', sku: 'T-1', stock: 7 };
  const listed = [...approvedSeller(sellerId), ...listing({ ...of, image: 'https://x.example/t.jpg' })];
  return { productId, variantId, sellerId, listed };
}

/** Everything that can happen to a page, once each. */
function changesOf({ productId, variantId, sellerId }: ReturnType<typeof goods>): Told[] {
  const second = newId();
  const stream = `product-${productId}`;
  const added = { productId, sellerId, variantId: second, sku: null, options: { colour: 'red' }, price: usd(5) };
  const revised = { productId, sellerId, variantId, sku: 'T-2', previousSku: 'T-1', options: { colour: 'blue' } };
  return [
    told(stream, 'VariantRepriced', { productId, variantId, price: usd(2_500) }),
    told(stream, 'ProductRevised', { productId, name: 'Better thing', description: 'Now *better*' }),
    told(stream, 'VariantAdded', added),
    told(stream, 'SkuClaimAbandoned', { productId, variantId: second, sku: 'T-9' }),
    told(stream, 'VariantRevised', revised),
    told(stream, 'ProductImageAdded', { productId, url: 'https://x.example/u.jpg', alt: 'Other side' }),
    told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: -2, reason: 'damaged' }),
    told(stream, 'ProductArchived', { productId }),
  ];
}
