/** The SELECTs on sales that go by product: what was sold of each, and how long its stock will last. */
import { decodeCursor, latestOf, type Page, type PageRequest, pageOf, type Reader } from '../read.ts';
import { figuresOf, MOMENTS_OF_LINES, type Range, type SalesFigures } from './moments.ts';
import type { At } from './queries.ts';

export const PRODUCT_SORTS = ['gross', 'net', 'units', 'orders'] as const;

/** Under today's name, SKU and options; null where the product is not known any more. */
type Named = {
  readonly productId: string;
  /** Null in sums over all variants of a product, like what belongs to a variant. */
  readonly variantId: string | null;
  readonly sku: string | null;
  readonly name: string | null;
};

export type ProductSales = Named & SalesFigures & { readonly currency: string };

export type ProductSalesRequest = PageRequest & {
  readonly range: Range;
  readonly by: 'product' | 'variant';
  readonly sort: (typeof PRODUCT_SORTS)[number];
};

/**
 * What was sold of each product or variant in the range, currency by currency, the most first. Reads the projections
 * `sales`, `products` and `variants`.
 */
export async function salesByProduct(
  reader: Reader,
  sellerId: string,
  { range, by, sort, cursor, limit }: ProductSalesRequest,
): Promise<At<Page<ProductSales>>> {
  const after = cursor === undefined ? [] : decodeCursor(cursor, ['string', 'number', 'string']);
  const [currency = null, value = null, key = null] = after;
  const { rows } = await reader.query<At<ProductSales>>({
    name: `sales-by-${by}-${sort}`,
    text: productSales(by, sort),
    values: [sellerId, range.from, range.to, currency, value, key, limit + 1],
  });
  const item = ({ position: _, ...sales }: At<ProductSales>): ProductSales => sales;
  const keyOf = (row: ProductSales) => [row.currency, row[sort], row.variantId ?? row.productId];
  const page = pageOf(rows, limit, { item, key: keyOf });
  return { ...page, position: latestOf(...rows.slice(0, limit).map(({ position }) => position)) };
}

function productSales(by: ProductSalesRequest['by'], sort: ProductSalesRequest['sort']): string {
  return `with sums as (
      select ${by}_id collate "C" as key, min(product_id) as product_id, currency, ${figuresOf('lines')}, max(position) as position
      from (${MOMENTS_OF_LINES}) as lines group by ${by}_id, currency
    )
    select s.product_id as "productId", ${by === 'variant' ? 's.key' : 'null'} as "variantId", v.sku, p.name, s.currency,
      orders, units, gross, discounts, "cancelledOrders", "cancelledUnits", cancelled, net, s.position
    from sums s
    left join projections.products p on p.product_id = s.product_id
    left join projections.variants v on ${by === 'variant' ? 'v.variant_id = s.key' : 'false'}
    where $4::text is null or (s.currency, -s.${sort}, s.key) > ($4, -$5::bigint, $6)
    order by s.currency, s.${sort} desc, s.key limit $7`;
}

export type StockOutlook = {
  readonly productId: string;
  readonly variantId: string;
  readonly sku: string | null;
  readonly name: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
  /** Units confirmed in the range, less those cancelled in it; never below 0. */
  readonly sold: number;
  /** Whole days that `available` lasts when units go on to be sold as in the range; null: nothing is sold. */
  readonly daysLeft: number | null;
};

// Stands for "never": sorts behind every number of days.
const NEVER = 2_147_483_647;

const OUTLOOK = `with sold as (
    select variant_id, greatest(sum(case when sold then units else -units end), 0)::bigint as units,
      max(position) as position
    from (${MOMENTS_OF_LINES}) as lines group by variant_id
  ), outlook as (
    select v.product_id as "productId", v.variant_id as "variantId", v.sku, p.name,
      coalesce(i.on_hand, 0) as "onHand", coalesce(i.reserved, 0) as reserved, stock.available,
      coalesce(s.units, 0) as sold,
      case when s.units > 0 then least(stock.available * $4::bigint / s.units, ${NEVER - 1}) end as "daysLeft",
      greatest(i.position, s.position, v.position, p.position) as position
    from projections.products p
    join projections.variants v using (product_id)
    left join projections.inventory i using (variant_id)
    left join sold s using (variant_id)
    cross join lateral (values (greatest(coalesce(i.on_hand, 0) - coalesce(i.reserved, 0), 0))) as stock (available)
    where p.seller_id = $1
  )
  select * from outlook
  where $5::bigint is null or (coalesce("daysLeft", ${NEVER}), "variantId") > ($5, $6)
  order by coalesce("daysLeft", ${NEVER}), "variantId" limit $7`;

/**
 * The stock of all that a seller lists, what runs out first before the others, at the rate of a range of so many days.
 * Reads the projections `sales`, `products`, `variants` and `inventory`.
 */
export async function stockOutlook(
  reader: Reader,
  sellerId: string,
  { range, days, cursor, limit }: PageRequest & { readonly range: Range; readonly days: number },
): Promise<At<Page<StockOutlook>>> {
  const [daysLeft = null, variantId = null] = cursor === undefined ? [] : decodeCursor(cursor, ['number', 'string']);
  const { rows } = await reader.query<At<StockOutlook>>({
    name: 'stock-outlook',
    text: OUTLOOK,
    values: [sellerId, range.from, range.to, days, daysLeft, variantId, limit + 1],
  });
  const item = ({ position: _, ...outlook }: At<StockOutlook>): StockOutlook => outlook;
  const page = pageOf(rows, limit, { item, key: (row) => [row.daysLeft ?? NEVER, row.variantId] });
  return { ...page, position: latestOf(...rows.slice(0, limit).map(({ position }) => position)) };
}
