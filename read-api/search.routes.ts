/** Finding products: listings with filters and facets, and what a person may want to type next. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import { currencySchema, moneySchema } from '../domain/money.ts';
import { summaryResource } from '../domain/resources.ts';
import { text } from '../domain/text.ts';
import type { Position } from '../event-store/port.ts';
import { malformed } from '../platform/http/problem.ts';
import { pageQuery, queryDecimal, queryFlag, queryInteger, queryNames } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { FACETS, SORTS } from '../projections/search/params.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const minorUnits = queryInteger({ min: 0, max: 1_000_000_000_000 });
const count = z.number().int();

const listingQuery = z.object({
  q: text(200).trim().optional(),
  category: z.array(idSchema).max(50).optional(),
  brand: z.array(text(200, 1)).max(50).optional(),
  seller: z.array(idSchema).max(50).optional(),
  priceMin: minorUnits.optional(),
  priceMax: minorUnits.optional(),
  currency: currencySchema.optional(),
  ratingMin: queryDecimal({ min: 0, max: 5 }).optional(),
  inStock: queryFlag().optional(),
  sort: z.enum(SORTS).optional(),
  facets: queryNames(FACETS).optional(),
  ...pageQuery,
});

const facetsResource = z.object({
  brand: z.array(z.object({ value: z.string(), count })).optional(),
  category: z.array(z.object({ value: z.string(), label: z.string(), count })).optional(),
  rating: z.array(z.object({ value: z.number(), count })).optional(),
  price: z.object({ min: moneySchema, max: moneySchema }).nullable().optional(),
});

const listingResource = z.object({
  items: z.array(summaryResource),
  facets: facetsResource.optional(),
  found: count,
  nextCursor: z.string().nullable(),
});

const suggestionResource = z.object({
  text: z.string(),
  kind: z.enum(['query', 'product', 'brand', 'category']),
  id: z.string().optional(),
});

export function searchRoutes({ search, cursors }: ReadApiDeps): readonly RouteDefinition[] {
  const listing = defineRoute({
    method: 'get',
    path: '/products',
    summary: 'Published products: searched, filtered, sorted, counted',
    tag: 'catalogue',
    query: listingQuery,
    reads: search.reads,
    responses: { 200: { description: 'A page of products', schema: listingResource, headers: ['Souk-Search'] } },
    async handler({ query: { cursor, q, ...filters }, waitFor }) {
      const asked = { ...filters, ...(q === undefined || q === '' ? {} : { q }) };
      if (asked.sort === 'relevance' && asked.q === undefined) throw needsWords();
      const { limit: _limit, facets: _facets, ...same } = asked;
      const name = JSON.stringify(['products', same]);
      const place = cursor === undefined ? undefined : String(cursors.decode(name, cursor));
      const { result, fallback } = await search.search({ ...asked, cursor: place }, waitFor as Position | undefined);
      const { items, facets, found, nextCursor } = result;
      const next = nextCursor === null ? null : cursors.encode(name, nextCursor);
      const body = { items, ...(facets === undefined ? {} : { facets }), found, nextCursor: next };
      return { status: 200, body, headers: answeredBy(fallback) };
    },
  });

  const suggestions = defineRoute({
    method: 'get',
    path: '/search/suggest',
    summary: 'What a person who types this may want',
    tag: 'catalogue',
    query: z.object({ q: text(200).trim(), limit: queryInteger({ min: 1, max: 100 }).default(10) }),
    reads: search.reads,
    responses: {
      200: {
        description: 'Suggestions, best first',
        schema: z.object({ items: z.array(suggestionResource) }),
        headers: ['Souk-Search'],
      },
    },
    async handler({ query, waitFor }) {
      const { result, fallback } = await search.suggest(query, waitFor as Position | undefined);
      return { status: 200, body: { items: result }, headers: answeredBy(fallback) };
    },
  });

  return [listing, suggestions] as readonly RouteDefinition[];
}

/** Says when the rows answered because the engine of search was away. */
function answeredBy(fallback: boolean): Readonly<Record<string, string>> {
  return fallback ? { 'souk-search': 'fallback' } : {};
}

function needsWords() {
  return malformed('sort=relevance needs q: say what to look for, or sort otherwise.', [
    { pointer: '/sort', code: 'needs_q', detail: 'sort=relevance needs q' },
  ]);
}
