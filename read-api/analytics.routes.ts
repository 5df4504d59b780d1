/** What a seller's orders come to: by time, product and order, with the stock that is left, who bought, and live. */
import { z } from 'zod';
import { pageQuery, queryInteger } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition, type RouteRequest } from '../platform/http/route.ts';
import { sse } from '../platform/http/sse.ts';
import { GRANULARITIES } from '../projections/sales/buckets.ts';
import { timeText } from '../projections/sales/moments.ts';
import { PRODUCT_SORTS, salesByProduct, stockOutlook } from '../projections/sales/product-queries.ts';
import { type At, customersByBucket, salesByBucket, salesByOrder } from '../projections/sales/queries.ts';
import { rangeOf, rangeQuery, startsOf, timezoneQuery } from './analytics-range.ts';
import { customersBucket, orderSales, productSales, salesBucket, stockOutlookShape } from './analytics-shapes.ts';
import { assertMay, NOT_MODIFIED } from './answers.ts';
import { createBells } from './bells.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { isSale, salesEvents } from './sales-events.ts';
import { idOrMe, sellerNamed } from './seller-named.ts';

const DAY = 86_400_000;
const tag = 'analytics';
const params = z.object({ sellerId: idOrMe });

const rangeOnly = z.object(rangeQuery);
const byTime = rangeOnly.extend({ granularity: z.enum(GRANULARITIES).default('day') });
const byProduct = rangeOnly.extend({
  by: z.enum(['product', 'variant']).default('product'),
  sort: z.enum(PRODUCT_SORTS).default('gross').describe('The most first, currency by currency'),
  ...pageQuery,
});
const stock = z.object({
  days: queryInteger({ min: 1, max: 365 }).default(30).describe('How far back the rate is looked at'),
  ...pageQuery,
});

export function analyticsRoutes(deps: ReadApiDeps): readonly RouteDefinition[] {
  const { reader } = deps;
  return [
    list(deps, {
      name: 'sales',
      summary:
        'Sales by hour, day, week (from Monday) or month of a time zone; each bucket is there for each currency sold in',
      reads: ['sales'],
      query: byTime,
      item: salesBucket,
      async find(sellerId, query, now) {
        const range = rangeOf(query, now);
        return salesByBucket(reader, sellerId, { range, starts: startsOf(range, query.timezone, query.granularity) });
      },
    }),
    list(deps, {
      name: 'customers',
      summary: 'New and returning buyers by hour, day, week (from Monday) or month of a time zone',
      reads: ['sales'],
      query: byTime,
      item: customersBucket,
      async find(sellerId, query, now) {
        const range = rangeOf(query, now);
        const starts = startsOf(range, query.timezone, query.granularity);
        return customersByBucket(reader, sellerId, { range, starts });
      },
    }),
    list(deps, {
      name: 'products',
      summary: 'Sales of each product or variant, the most first, currency by currency',
      reads: ['sales', 'products', 'variants'],
      query: byProduct,
      item: productSales,
      paged: true,
      find: (sellerId, query, now) => salesByProduct(reader, sellerId, { ...query, range: rangeOf(query, now) }),
    }),
    list(deps, {
      name: 'orders',
      summary: 'Orders confirmed in a range, newest first, with what of them is the seller’s',
      reads: ['sales'],
      query: rangeOnly.extend(pageQuery),
      item: orderSales,
      paged: true,
      find: (sellerId, query, now) => salesByOrder(reader, sellerId, { ...query, range: rangeOf(query, now) }),
    }),
    list(deps, {
      name: 'inventory',
      summary: 'Stock, and how long it lasts at the rate of late, what runs out first before the others',
      reads: ['sales', 'products', 'variants', 'inventory'],
      query: stock,
      item: stockOutlookShape,
      paged: true,
      find(sellerId, query, now) {
        // To the end of time: another machine's clock may be a little ahead.
        const range = { from: timeText(Date.parse(now) - query.days * DAY), to: '9999' };
        return stockOutlook(reader, sellerId, { ...query, range });
      },
    }),
    live(deps),
  ];
}

type Listed<Q extends z.ZodObject> = {
  /** Last part of its path. */
  readonly name: string;
  readonly summary: string;
  /** Beside `sellers`. */
  readonly reads: readonly string[];
  readonly query: Q;
  /** Its fields are the columns of the CSV. */
  readonly item: z.ZodObject;
  readonly paged?: boolean;
  find(sellerId: string, query: z.output<Q>, now: string): Promise<At<Items>>;
};
type Items = { readonly items: readonly unknown[]; readonly nextCursor?: string | null };

function list<Q extends z.ZodObject>({ reader, cursors }: ReadApiDeps, of: Listed<Q>): RouteDefinition {
  const items = z.array(of.item);
  const schema = z.object({ items, ...(of.paged === true ? { nextCursor: z.string().nullable() } : {}) });
  const route = defineRoute({
    method: 'get',
    path: `/sellers/{sellerId}/analytics/${of.name}`,
    summary: of.summary,
    tag,
    params,
    query: of.query,
    reads: [...of.reads, 'sellers'],
    csv: Object.keys(of.item.shape),
    responses: { 200: { description: 'The figures', schema }, ...NOT_MODIFIED },
    async handler(request) {
      const sellerId = await sellerOf(reader, route, request);
      const asked = request.query as z.output<Q>;
      const { cursor, ...filters } = request.query as { cursor?: string; limit?: number };
      const named = JSON.stringify([of.name, sellerId, { ...filters, limit: undefined }]);
      const place = cursor === undefined ? {} : { cursor: String(cursors.decode(named, cursor)) };
      const found = await of.find(sellerId, { ...asked, ...place }, request.issuedAt);
      const { position, nextCursor, ...body } = found;
      const next = typeof nextCursor === 'string' ? cursors.encode(named, nextCursor) : null;
      // Made of many streams: the tag's digest alone tells whether it changed.
      return { status: 200, body: of.paged === true ? { ...body, nextCursor: next } : body, revision: 0, position };
    },
  });
  return route as RouteDefinition;
}

function live(deps: ReadApiDeps): RouteDefinition {
  const bells = createBells(deps.onEvents, isSale);
  const route = defineRoute({
    method: 'get',
    path: '/sellers/{sellerId}/analytics/live',
    summary: 'Sales of today in a time zone, at once and at each change, one event for each currency',
    tag,
    params,
    query: z.object({ timezone: timezoneQuery }),
    reads: ['sales', 'sellers'],
    produces: ['text/event-stream'],
    responses: {
      200: {
        description:
          'event: sales, id: a position, data: a bucket as in sales; its currency is null where nothing was sold today yet',
      },
    },
    async handler(request) {
      const sellerId = await sellerOf(deps.reader, route, request);
      const { query, signal } = request;
      return sse(salesEvents({ ...deps, bells }, { sellerId, timezone: query.timezone, signal }), { signal });
    },
  });
  return route as RouteDefinition;
}

type Asked = Pick<RouteRequest<z.output<typeof params>, unknown, unknown>, 'params' | 'caller' | 'cartTokenHash'>;

/** The id of the seller whose figures these are; throws 404 where the caller is neither it nor staff. */
async function sellerOf(reader: ReadApiDeps['reader'], route: unknown, asked: Asked): Promise<string> {
  const { params: named, caller, cartTokenHash } = asked;
  const found = await sellerNamed(reader, named.sellerId, caller);
  const facts = found && { sellerUserIds: [found.resource.userId] };
  assertMay(route as RouteDefinition, { caller, cartTokenHash }, facts);
  return found?.resource.sellerId ?? '';
}
