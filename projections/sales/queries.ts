/** The only SELECTs on sales: by time, by order, and on who bought. */
import type { Position } from '../../event-store/port.ts';
import { decodeCursor, latestOf, type Page, type PageRequest, pageOf, type Reader } from '../read.ts';
import { figuresIn, figuresOf, MOMENTS, NOTHING, type Range, type SalesFigures, timeText } from './moments.ts';

/** What a query found, and the highest position it speaks of. */
export type At<T> = T & { readonly position: Position | null };

export type SalesBucket = SalesFigures & { readonly from: string; readonly currency: string };

// The share of seller $1, and the bucket by its place among the starts $4, which is looked for by halves only in an array
// of a fixed size. Never summed over currencies.
const BUCKETS = `select width_bucket(at::timestamptz, $4::timestamptz[]) - 1 as bucket, currency, ${figuresOf('orders')},
    max(position) as position
  from (select at, sold, currency, position, ${figuresIn('share')} from (${MOMENTS}) as shares) as moments
  group by bucket, currency`;

/**
 * A seller's sales by bucket and currency. Every bucket is there, with zeros, for each currency that has anything in the
 * range; `starts` are the buckets' starts in order, the first not after `range.from`. Reads the projection `sales`.
 */
export async function salesByBucket(
  reader: Reader,
  sellerId: string,
  { range, starts }: { readonly range: Range; readonly starts: readonly number[] },
): Promise<At<{ readonly items: readonly SalesBucket[] }>> {
  const from = starts.map(timeText);
  const { rows } = await reader.query<At<SalesFigures & { bucket: number; currency: string }>>({
    name: 'sales-by-bucket',
    text: BUCKETS,
    values: [sellerId, range.from, range.to, from],
  });
  const figures = new Map(rows.map(({ position: _, ...row }) => [`${row.bucket} ${row.currency}`, row]));
  const currencies = [...new Set(rows.map(({ currency }) => currency))].sort();
  const items = from.flatMap((start, at) =>
    currencies.map((currency) => {
      const { bucket: _, ...found } = figures.get(`${at} ${currency}`) ?? { bucket: at, currency, ...NOTHING };
      return { from: start, ...found };
    }),
  );
  return { items, position: latestOf(...rows.map(({ position }) => position)) };
}

export type SellerSale = Pick<SalesFigures, 'units' | 'gross' | 'discounts' | 'cancelled' | 'net'> & {
  readonly orderId: string;
  readonly number: string;
  readonly status: 'confirmed' | 'cancelled';
  readonly currency: string;
  readonly placedAt: string;
  readonly confirmedAt: string;
  readonly cancelledAt: string | null;
};

const ORDERS = `select order_id as "orderId", number, currency, units, gross, discounts,
    case when cancelled_at is null then 'confirmed' else 'cancelled' end as status,
    case when cancelled_at is null then 0 else gross - discounts end as cancelled,
    case when cancelled_at is null then gross - discounts else 0 end as net,
    placed_at as "placedAt", confirmed_at as "confirmedAt", cancelled_at as "cancelledAt", position
  from (select o.*, ${figuresIn('o.shares -> $1')} from projections.sales o
    where seller_ids @> array[$1] and confirmed_at >= $2 and confirmed_at < $3
      and ($4::text is null or (confirmed_at, order_id) < ($4, $5))) as own
  order by confirmed_at desc, order_id desc limit $6`;

/** Orders confirmed in the range, newest first, with what of them is the seller's. Reads the projection `sales`. */
export async function salesByOrder(
  reader: Reader,
  sellerId: string,
  { range, cursor, limit }: PageRequest & { readonly range: Range },
): Promise<At<Page<SellerSale>>> {
  const [before = null, beforeId = null] = cursor === undefined ? [] : decodeCursor(cursor, ['string', 'string']);
  const { rows } = await reader.query<At<SellerSale>>({
    name: 'sales-by-order',
    text: ORDERS,
    values: [sellerId, range.from, range.to, before, beforeId, limit + 1],
  });
  const item = ({ position: _, ...sale }: At<SellerSale>): SellerSale => sale;
  const page = pageOf(rows, limit, { item, key: (row) => [row.confirmedAt, row.orderId] });
  return { ...page, position: latestOf(...rows.slice(0, limit).map(({ position }) => position)) };
}

export type CustomersBucket = {
  readonly from: string;
  readonly buyers: number;
  readonly newBuyers: number;
  readonly returningBuyers: number;
  readonly guestOrders: number;
};

// A buyer is new in the bucket of the first order that was confirmed, whenever that was.
const CUSTOMERS = `select width_bucket(confirmed_at::timestamptz, $4::timestamptz[]) - 1 as bucket,
    count(distinct buyer_id)::int as buyers,
    count(distinct buyer_id) filter (where confirmed_at = first_at)::int as "newBuyers",
    count(*) filter (where buyer_id is null)::int as "guestOrders",
    max(position) as position
  from (select confirmed_at, buyer_id, position, min(confirmed_at) over (partition by buyer_id) as first_at
    from projections.sales where seller_ids @> array[$1] and confirmed_at < $3) as bought
  where confirmed_at >= $2
  group by bucket`;

/** Who bought of a seller, by bucket; every bucket is there. Reads the projection `sales`. */
export async function customersByBucket(
  reader: Reader,
  sellerId: string,
  { range, starts }: { readonly range: Range; readonly starts: readonly number[] },
): Promise<At<{ readonly items: readonly CustomersBucket[] }>> {
  const from = starts.map(timeText);
  type Row = At<Omit<CustomersBucket, 'from' | 'returningBuyers'> & { bucket: number }>;
  const { rows } = await reader.query<Row>({
    name: 'customers-by-bucket',
    text: CUSTOMERS,
    values: [sellerId, range.from, range.to, from],
  });
  const found = new Map(rows.map((row) => [row.bucket, row]));
  const items = from.map((start, at) => {
    const { buyers, newBuyers, guestOrders } = found.get(at) ?? { buyers: 0, newBuyers: 0, guestOrders: 0 };
    return { from: start, buyers, newBuyers, returningBuyers: buyers - newBuyers, guestOrders };
  });
  return { items, position: latestOf(...rows.map(({ position }) => position)) };
}
