/** What the SELECTs on sales share: when something was sold or taken out again, and the figures that are made of it. */

/** From `from` up to and without `to`: RFC 3339 in UTC with milliseconds, as the rows have them. */
export type Range = { readonly from: string; readonly to: string };

/** Minor units of one currency; what is absent has no events yet. */
export type SalesFigures = {
  readonly orders: number;
  readonly units: number;
  readonly gross: number;
  readonly discounts: number;
  readonly cancelledOrders: number;
  readonly cancelledUnits: number;
  readonly cancelled: number;
  readonly net: number;
};

export const NOTHING: SalesFigures = {
  orders: 0,
  units: 0,
  gross: 0,
  discounts: 0,
  cancelledOrders: 0,
  cancelledUnits: 0,
  cancelled: 0,
  net: 0,
};

/**
 * An order of seller $1 at most twice: `at` the time when it was confirmed (`sold`) and when it was cancelled, each if it
 * lies from $2 up to $3; with the `share` of it that is the seller's.
 */
export const MOMENTS = [
  ['confirmed_at', true],
  ['cancelled_at', false],
]
  .map(
    ([at, sold]) => `select ${at} as at, ${sold} as sold, order_id, currency, position, shares -> $1 as share
      from projections.sales where seller_ids @> array[$1] and ${at} >= $2 and ${at} < $3`,
  )
  .join(' union all ');

/** The same, line by line: product, variant, figures. */
export const MOMENTS_OF_LINES = `select sold, order_id, currency, position, line ->> 'productId' as product_id,
    line ->> 'variantId' as variant_id, ${figuresIn('line')}
  from (${MOMENTS}) as shares cross join lateral jsonb_array_elements(share -> 'lines') as line`;

/** Columns `units`, `gross` and `discounts` of a part of an order that JSON holds. */
export function figuresIn(json: string): string {
  return ['units', 'gross', 'discounts'].map((name) => `(${json} ->> '${name}')::bigint as ${name}`).join(', ');
}

/** Aggregates over moments with such columns: figures under the names that `SalesFigures` has. */
export function figuresOf(moments: 'orders' | 'lines'): string {
  const orders = moments === 'orders' ? 'count(*)' : 'count(distinct order_id)';
  return `${orders} filter (where sold)::int as orders,
  coalesce(sum(units) filter (where sold), 0)::bigint as units,
  coalesce(sum(gross) filter (where sold), 0)::bigint as gross,
  coalesce(sum(discounts) filter (where sold), 0)::bigint as discounts,
  ${orders} filter (where not sold)::int as "cancelledOrders",
  coalesce(sum(units) filter (where not sold), 0)::bigint as "cancelledUnits",
  coalesce(sum(gross - discounts) filter (where not sold), 0)::bigint as cancelled,
  sum(case when sold then gross - discounts else discounts - gross end)::bigint as net`;
}

/** The time as the rows have it. */
export const timeText = (instant: number): string => new Date(instant).toISOString();
