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
 * An order of seller $1 at most twice: when it was confirmed (`m.sold`) and when it was cancelled, each if it lies from
 * $2 up to $3. The order's row is `o`, the share of it that is the seller's `share`; `m.at` is the moment.
 */
export const MOMENTS = `projections.sales o
  cross join lateral (values (o.shares -> $1)) as s (share)
  cross join lateral (values (o.confirmed_at, true), (o.cancelled_at, false)) as m (at, sold)
  where o.seller_ids @> array[$1]
    and (o.confirmed_at >= $2 and o.confirmed_at < $3 or o.cancelled_at >= $2 and o.cancelled_at < $3)
    and m.at >= $2 and m.at < $3`;

/** The same, line by line: product, variant, figures. */
export const MOMENTS_OF_LINES = `select sold, order_id, currency, position, line ->> 'productId' as product_id,
    line ->> 'variantId' as variant_id, ${figuresIn('line')}
  from (select m.sold, o.order_id, o.currency, o.position, s.share -> 'lines' as lines from ${MOMENTS}) as shares
  cross join lateral jsonb_array_elements(lines) as line`;

/** Columns `units`, `gross` and `discounts` of a part of an order that JSON holds. */
export function figuresIn(json: string): string {
  return ['units', 'gross', 'discounts'].map((name) => `(${json} ->> '${name}')::bigint as ${name}`).join(', ');
}

/** Aggregates over moments with such columns: figures under the names that `SalesFigures` has. */
export const FIGURES = `count(distinct order_id) filter (where sold)::int as orders,
  coalesce(sum(units) filter (where sold), 0)::bigint as units,
  coalesce(sum(gross) filter (where sold), 0)::bigint as gross,
  coalesce(sum(discounts) filter (where sold), 0)::bigint as discounts,
  count(distinct order_id) filter (where not sold)::int as "cancelledOrders",
  coalesce(sum(units) filter (where not sold), 0)::bigint as "cancelledUnits",
  coalesce(sum(gross - discounts) filter (where not sold), 0)::bigint as cancelled,
  sum(case when sold then gross - discounts else discounts - gross end)::bigint as net`;

/** The time as the rows have it. */
export const timeText = (instant: number): string => new Date(instant).toISOString();
