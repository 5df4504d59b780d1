/** What most tests of the catalogue begin with: an approved seller, a category, a published product. */

import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { newId } from '../../platform/ids.ts';
import { createCategory } from '../categories/create.ts';
import { createProduct, type NewProduct } from '../products/create.ts';
import { applyAsSeller } from '../sellers/apply.ts';
import { approveSeller } from '../sellers/approve.ts';
import { sellerIdOf } from '../sellers/seller-id.ts';
import { signUp } from '../users/sign-up.ts';
import type { TestShop } from './test-shop.ts';

export type TestMarket = {
  readonly userId: string;
  readonly sellerId: string;
  readonly categoryId: string;
  /** A product to be of this seller, with a variant for each SKU. */
  draft(...skus: readonly (string | null)[]): NewProduct;
  /** Lists it. */
  publish(...skus: readonly (string | null)[]): Promise<NewProduct>;
};

export async function openMarket(test: TestShop): Promise<TestMarket> {
  const { shop } = test;
  const userId = newId();
  const categoryId = newId();
  const account = { userId, email: `${userId}@example.com`, name: 'Sam', password: 'password' };
  accepted(await signUp(shop, account, test.context()));
  accepted(await applyAsSeller(shop, { userId, name: 'Sam’s' }, test.context()));
  accepted(await approveSeller(shop, sellerIdOf(userId), test.context()));
  accepted(await createCategory(shop, { categoryId, parentId: null, name: 'Audio' }, test.context()));
  const sellerId = sellerIdOf(userId);
  const draft = (...skus: readonly (string | null)[]): NewProduct => ({
    productId: newId(),
    sellerId,
    name: 'Headphones',
    description: 'They sound.',
    brand: 'Acme',
    categoryId,
    specifications: [],
    images: [],
    popularity: 0,
    publish: true,
    variants: skus.map((sku, at) => ({
      variantId: newId(),
      sku,
      options: { size: String(at) },
      price: { amount: 1_999, currency: 'USD' },
    })),
  });
  return {
    userId,
    sellerId,
    categoryId,
    draft,
    async publish(...skus) {
      const product = draft(...skus);
      accepted(await createProduct(shop, product, test.context()));
      return product;
    },
  };
}

/** What was answered, where it was not refused. */
export function accepted<T>(result: T | Rejection): T {
  if (isRejection(result)) throw new Error(`refused: ${result.code}: ${result.detail}`);
  return result;
}
