/** The ready views of `souk sql`: what happened to orders, carts, prices and stock, made from the events by SQL alone. */

export type View = {
  readonly name: string;
  /** What one row of it is. */
  readonly about: string;
  readonly sql: string;
};

/** Amounts are minor units; times are those at which it happened. */
export const VIEWS: readonly View[] = [
  { name: 'orders', about: 'one row per order, with its end and its money', sql: orders() },
  { name: 'order_lines', about: 'one row per line of an order, as it was bought', sql: orderLines() },
  { name: 'funnel', about: 'of the carts opened on a day (UTC), how many came how far', sql: funnel() },
  { name: 'cohorts', about: 'buyers by the month of their first confirmed order, and by month since', sql: cohorts() },
  { name: 'price_history', about: 'each price of a variant, from when to when', sql: priceHistory() },
  { name: 'stock_history', about: 'each movement of stock, with what was there after it', sql: stockHistory() },
];

/** Terms lie in the cart's event too: an order may be rejected before it was placed. */
function terms(): string {
  return `made as (
    select data->>'$.orderId' as orderId, data as terms from events where type = 'OrderPlaced'
    union all
    select data->>'$.terms.orderId', data->'$.terms' from events where type = 'CartCheckedOut'
  ), terms as (select orderId, any_value(terms) as terms from made group by orderId)`;
}

function orders(): string {
  const total = (name: string) => `(terms->>'$.quote.totals.${name}.amount')::bigint as ${name}`;
  return `with ${terms()}, ends as (
    select data->>'$.orderId' as orderId,
      arg_max(case type when 'OrderPlaced' then 'placed' when 'OrderConfirmed' then 'confirmed'
        when 'OrderRejected' then 'rejected' else 'cancelled' end, revision) as status,
      arg_max(data->>'$.reason.code', revision) as reason,
      max(occurredAt) filter (type = 'OrderConfirmed') as confirmedAt,
      max(occurredAt) filter (type in ('OrderRejected', 'OrderCancelled')) as endedAt
    from events where category = 'order' group by 1
  ), paid as (
    select data->>'$.orderId' as orderId,
      sum((data->>'$.amount.amount')::bigint) filter (type = 'PaymentCaptured')::bigint as captured,
      sum((data->>'$.amount.amount')::bigint) filter (type = 'RefundSettled')::bigint as refunded
    from events where type in ('PaymentCaptured', 'RefundSettled') group by 1
  )
  select orderId, terms->>'$.number' as number, status, reason, terms->>'$.buyerId' as buyerId,
    terms->>'$.cartId' as cartId, terms->>'$.quote.currency' as currency,
    json_array_length(terms->'$.quote.lines')::integer as lines,
    list_sum((terms->'$.quote.lines[*].quantity')::integer[])::bigint as units,
    ${['items', 'discount', 'shipping', 'tax', 'total'].map(total).join(', ')},
    terms->>'$.payment.method' as paymentMethod, coalesce(captured, 0) as captured, coalesce(refunded, 0) as refunded,
    (terms->>'$.placedAt')::timestamptz as placedAt, confirmedAt, endedAt
  from ends join terms using (orderId) left join paid using (orderId)`;
}

function orderLines(): string {
  return `with ${terms()}, ends as (select distinct data->>'$.orderId' as orderId from events where category = 'order'),
  lines as (
    select orderId, (terms->>'$.placedAt')::timestamptz as placedAt, unnest((terms->'$.quote.lines')::json[]) as line
    from terms semi join ends using (orderId)
  )
  select orderId, line->>'$.lineId' as lineId, line->>'$.variantId' as variantId, line->>'$.productId' as productId,
    line->>'$.sellerId' as sellerId, line->>'$.sku' as sku, line->>'$.name' as name, line->'$.options' as options,
    (line->>'$.quantity')::integer as quantity, (line->>'$.unitPrice.amount')::bigint as unitPrice,
    (line->>'$.lineTotal.amount')::bigint as lineTotal, line->>'$.lineTotal.currency' as currency, placedAt
  from lines`;
}

function funnel(): string {
  return `with carts as (
    select data->>'$.cartId' as cartId, min(occurredAt) filter (type = 'CartOpened') as openedAt,
      bool_or(type = 'ItemAdded' or (type = 'CartMerged' and json_array_length(data->'$.lines') > 0)) as withItems,
      bool_or(type = 'CartCheckedOut') as checkedOut, bool_or(type = 'OrderPlaced') as placed,
      bool_or(type = 'OrderConfirmed') as confirmed
    from events where category in ('cart', 'order') group by 1
  )
  select openedAt::date as day, count(*)::bigint as opened, count_if(withItems)::bigint as withItems,
    count_if(checkedOut)::bigint as checkedOut, count_if(placed)::bigint as placed,
    count_if(confirmed)::bigint as confirmed
  from carts where openedAt is not null group by 1 order by 1`;
}

/** Guests are left out: nobody knows them again. */
function cohorts(): string {
  return `with bought as (
    select buyerId, date_trunc('month', placedAt)::date as month from orders
    where confirmedAt is not null and buyerId is not null
  ), firsts as (select buyerId, min(month) as cohort from bought group by 1)
  select cohort, month, date_diff('month', cohort, month)::integer as monthsSince,
    count(distinct buyerId)::bigint as buyers, count(*)::bigint as orders
  from bought join firsts using (buyerId) group by 1, 2 order by 1, 2`;
}

function priceHistory(): string {
  return `select data->>'$.variantId' as variantId, data->>'$.productId' as productId,
    (data->>'$.price.amount')::bigint as price, data->>'$.price.currency' as currency,
    occurredAt as validFrom, lead(occurredAt) over (partition by data->>'$.variantId' order by revision) as validTo,
    actor, position
  from events where type in ('VariantAdded', 'VariantRepriced')`;
}

function stockHistory(): string {
  return `with moved as (
    select data->>'$.variantId' as variantId, data->>'$.productId' as productId, type, data->>'$.orderId' as orderId,
      data->>'$.reason' as reason, occurredAt, actor, revision, position,
      coalesce(data->>'$.quantity', data->>'$.delta', '0')::bigint as quantity
    from events where category = 'inventory'
  ), changed as (
    select *,
      case when type in ('StockReceived', 'StockAdjusted', 'StockReturned') then quantity
        when type = 'ReservationCommitted' then -quantity else 0 end as onHandChange,
      case when type = 'StockReserved' then quantity
        when type in ('ReservationReleased', 'ReservationCommitted') then -quantity else 0 end as reservedChange
    from moved
  )
  select variantId, max(productId) over (partition by variantId) as productId, occurredAt, type, orderId, reason,
    onHandChange, reservedChange, sum(onHandChange) over upto::bigint as onHand,
    sum(reservedChange) over upto::bigint as reserved,
    (sum(onHandChange) over upto - sum(reservedChange) over upto)::bigint as available, actor, revision, position
  from changed window upto as (partition by variantId order by revision)`;
}
