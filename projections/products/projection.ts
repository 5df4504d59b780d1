/** Product pages: one row per product with its variants; stock and the seller's standing are joined on read. */
import type { Money } from '../../domain/money.ts';
import { defineProjection, given, must, type ProjectedEvent } from '../runtime/types.ts';

export type VariantOnPage = {
  readonly variantId: string;
  readonly sku: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly price: Money;
};

export type ProductRow = {
  readonly product_id: string;
  readonly seller_id: string;
  readonly slug: string;
  readonly name: string;
  readonly brand: string;
  readonly category_id: string;
  readonly status: 'draft' | 'published' | 'archived';
  readonly description: string;
  readonly specifications: readonly { readonly name: string; readonly value: string }[];
  readonly popularity: number;
  readonly images: readonly { readonly url: string; readonly alt: string }[];
  readonly variants: readonly VariantOnPage[];
  readonly created_at: string;
  readonly updated_at: string;
};

export type ProductPageEvent =
  | 'ProductDrafted'
  | 'VariantAdded'
  | 'ProductPublished'
  | 'ProductArchived'
  | 'ProductRevised'
  | 'VariantRevised'
  | 'VariantRepriced'
  | 'ProductImageAdded'
  | 'SkuClaimAbandoned';

export const productsProjection = defineProjection<ProductPageEvent, ProductRow>({
  name: 'products',
  version: 1,
  table: 'products',
  keyColumn: 'product_id',
  category: 'product',
  columns: {
    product_id: 'text',
    seller_id: 'text',
    slug: 'text',
    name: 'text',
    brand: 'text',
    category_id: 'text',
    status: 'text',
    description: 'text',
    specifications: 'jsonb',
    popularity: 'bigint',
    images: 'jsonb',
    variants: 'jsonb',
    created_at: 'text',
    updated_at: 'text',
  },
  indexes: ['(seller_id)', '(category_id)', '(position)'],
  wants: [
    'ProductDrafted',
    'VariantAdded',
    'ProductPublished',
    'ProductArchived',
    'ProductRevised',
    'VariantRevised',
    'VariantRepriced',
    'ProductImageAdded',
    'SkuClaimAbandoned',
  ],
  keys: (event) => [event.data.productId],
  project(event, row, key) {
    const at = event.metadata.occurredAt;
    if (event.type === 'ProductDrafted') return drafted(event.data, at);
    // It may stand before the draft: nothing to show then, and nothing about the page changes.
    if (event.type === 'SkuClaimAbandoned') return row ?? null;
    return { ...changed(event, must(row, event, key)), updated_at: at };
  },
});

function drafted(data: ProjectedEvent<'ProductDrafted'>['data'], at: string): ProductRow {
  return {
    product_id: data.productId,
    seller_id: data.sellerId,
    slug: data.slug,
    name: data.name,
    brand: data.brand,
    category_id: data.categoryId,
    status: 'draft',
    description: data.description,
    specifications: data.specifications,
    popularity: data.popularity,
    images: data.images,
    variants: [],
    created_at: at,
    updated_at: at,
  };
}

type Change = ProjectedEvent<Exclude<ProductPageEvent, 'ProductDrafted' | 'SkuClaimAbandoned'>>;

function changed(event: Change, product: ProductRow): ProductRow {
  switch (event.type) {
    case 'ProductPublished':
      return { ...product, status: 'published' };
    case 'ProductArchived':
      return { ...product, status: 'archived' };
    case 'ProductImageAdded':
      return { ...product, images: [...product.images, { url: event.data.url, alt: event.data.alt }] };
    case 'ProductRevised': {
      const { productId: _, categoryId, ...fields } = event.data;
      return { ...product, ...given(fields), category_id: categoryId ?? product.category_id };
    }
    case 'VariantAdded': {
      const { variantId, sku, options, price } = event.data;
      return { ...product, variants: [...product.variants, { variantId, sku, options, price }] };
    }
    case 'VariantRevised': {
      const { variantId, sku, options } = event.data;
      return withVariant(product, variantId, (variant) => ({ ...variant, sku, options }));
    }
    case 'VariantRepriced':
      return withVariant(product, event.data.variantId, (variant) => ({ ...variant, price: event.data.price }));
  }
}

function withVariant(
  product: ProductRow,
  variantId: string,
  change: (variant: VariantOnPage) => VariantOnPage,
): ProductRow {
  if (!product.variants.some((variant) => variant.variantId === variantId)) {
    throw new Error(`product ${product.product_id} has no variant ${variantId}`);
  }
  const variants = product.variants.map((variant) => (variant.variantId === variantId ? change(variant) : variant));
  return { ...product, variants };
}
