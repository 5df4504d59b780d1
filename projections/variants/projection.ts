/** Variants by their own id: what stock and carts join to find the product, the SKU and the price of today. */
import { defineProjection, must } from '../runtime/types.ts';

export type VariantRow = {
  readonly variant_id: string;
  readonly product_id: string;
  readonly seller_id: string;
  readonly sku: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly price_amount: number;
  readonly currency: string;
};

export const variantsProjection = defineProjection<'VariantAdded' | 'VariantRevised' | 'VariantRepriced', VariantRow>({
  name: 'variants',
  version: 1,
  table: 'variants',
  keyColumn: 'variant_id',
  category: 'product',
  columns: {
    variant_id: 'text',
    product_id: 'text',
    seller_id: 'text',
    sku: 'text',
    options: 'jsonb',
    price_amount: 'bigint',
    currency: 'text',
  },
  indexes: ['(product_id)'],
  wants: ['VariantAdded', 'VariantRevised', 'VariantRepriced'],
  keys: (event) => [event.data.variantId],
  project(event, row, key) {
    switch (event.type) {
      case 'VariantAdded': {
        const { productId, sellerId, sku, options, price } = event.data;
        const { amount, currency } = price;
        return {
          variant_id: key,
          product_id: productId,
          seller_id: sellerId,
          sku,
          options,
          price_amount: amount,
          currency,
        };
      }
      case 'VariantRevised':
        return { ...must(row, event, key), sku: event.data.sku, options: event.data.options };
      case 'VariantRepriced': {
        const { amount, currency } = event.data.price;
        return { ...must(row, event, key), price_amount: amount, currency };
      }
    }
  },
});
