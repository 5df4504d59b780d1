/** The only SELECTs on product pages. */
import type { ProductResource, SellerResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { type Found, isKey, latestOf, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { ProductRow } from './projection.ts';

export type FoundProduct = Found<ProductResource> & {
  /** Published, and its seller is approved: everybody may see it. Otherwise its seller and staff alone. */
  readonly listed: boolean;
  readonly sellerStatus: SellerResource['status'] | null;
};

type Around = {
  readonly seller_status: SellerResource['status'] | null;
  readonly seller_position: Position | null;
  readonly stock: Readonly<Record<string, number>> | null;
  readonly stock_position: Position | null;
};

/** The seller's standing and the stock beside `p`: one look-up by primary key, one by inventory (product_id). */
const AROUND = `s.status as seller_status, s.position as seller_position, i.stock, i.stock_position`;
const joined = (p: string) => `${p}
  left join projections.sellers s on s.seller_id = p.seller_id
  left join lateral (
    select jsonb_object_agg(variant_id, greatest(on_hand - reserved, 0)) as stock, max(position) as stock_position
    from projections.inventory where product_id = p.product_id
  ) i on true`;

// 0.1 ms, whatever the size of the shop.
const FIND = `select p.*, ${AROUND} from ${joined('projections.products p')} where p.product_id = $1`;
const COMPLETE = `select ${AROUND} from ${joined('(select $1::text as product_id, $2::text as seller_id) p')}`;

/** A product page; undefined where there is none. Reads the projections `products`, `sellers` and `inventory`. */
export async function findProduct(reader: Reader, productId: string): Promise<FoundProduct | undefined> {
  if (!isKey(productId)) return undefined;
  const find = { name: 'find-product', text: FIND, values: [productId] };
  const { rows } = await reader.query<ProductRow & Stamp & Around>(find);
  return rows[0] && foundProduct(rows[0], rows[0]);
}

/** A product page that is known already with what stands around it. Reads the projections `sellers` and `inventory`. */
export async function completeProduct(reader: Reader, product: ProductRow & Stamp): Promise<FoundProduct> {
  const values = [product.product_id, product.seller_id];
  const { rows } = await reader.query<Around>({ name: 'complete-product', text: COMPLETE, values });
  const nothing = { seller_status: null, seller_position: null, stock: null, stock_position: null };
  return foundProduct(product, rows[0] ?? nothing);
}

function foundProduct(product: ProductRow & Stamp, around: Around): FoundProduct {
  return {
    resource: shown(product, around.stock ?? {}),
    revision: product.revision,
    position: latestOf(product.position, around.seller_position, around.stock_position),
    listed: product.status === 'published' && around.seller_status === 'approved',
    sellerStatus: around.seller_status,
  };
}

function shown(row: ProductRow, stock: Readonly<Record<string, number>>): ProductResource {
  return {
    productId: row.product_id,
    sellerId: row.seller_id,
    slug: row.slug,
    name: row.name,
    brand: row.brand,
    categoryId: row.category_id,
    status: row.status,
    description: row.description,
    specifications: [...row.specifications],
    images: [...row.images],
    variants: row.variants.map((variant) => ({ ...variant, available: stock[variant.variantId] ?? 0 })),
    rating: { average: null, count: 0 },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
