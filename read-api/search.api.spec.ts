/** Listings over HTTP: what an engine of search answers, whether the rows did in its place, and what it is waited for. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { accessPolicy } from '../domain/access/judge.ts';
import { createCursorCodec } from '../platform/http/cursors.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { startKit } from '../platform/http/testing/kit-server.ts';
import type { SearchEngine } from '../projections/search/engine.ts';
import type { SearchParams } from '../projections/search/params.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { searchRoutes } from './search.routes.ts';

let server: HttpServer;
let fallback: boolean;
let asked: { readonly params: Partial<SearchParams>; readonly waitFor: string | undefined }[];

const money = { amount: 100, currency: 'USD' };
const item = {
  productId: 'p',
  sellerId: 's',
  slug: 'radio',
  name: 'Radio',
  brand: 'Acme',
  categoryId: 'c',
  image: null,
  priceFrom: money,
  priceTo: money,
  inStock: true,
  rating: { average: null, count: 0 },
  highlight: { name: '<mark>Radio</mark>' },
};
const engine: SearchEngine = {
  engine: 'typesense',
  reads: [],
  async search(params, waitFor) {
    asked.push({ params, waitFor });
    return { result: { items: [item], found: 2, nextCursor: 'next' }, fallback };
  },
  suggest: async ({ q }) => ({ result: [{ text: q, kind: 'query' }], fallback }),
};

beforeEach(async () => {
  fallback = false;
  asked = [];
  const deps = { search: engine, cursors: createCursorCodec(Buffer.alloc(32, 1)) };
  server = await startKit(searchRoutes(deps as unknown as ReadApiDeps), {
    access: { policy: accessPolicy, facts: {} },
  });
});
afterEach(() => server.stop());

it('says when the rows answered in the place of the engine, and only then', async () => {
  for (const path of ['/products?q=radio', '/search/suggest?q=radio']) {
    fallback = false;
    expect((await fetch(`${server.url}${path}`)).headers.get('souk-search')).toBeNull();
    fallback = true;
    const answer = await fetch(`${server.url}${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('souk-search')).toBe('fallback');
  }
});

it('hands on what it is asked to wait for', async () => {
  await fetch(`${server.url}/products`, { headers: { 'souk-wait-for': 'p7' } });
  expect(asked).toEqual([{ params: { limit: 24, cursor: undefined }, waitFor: '7' }]);
});

it('shows what matched, and gives the engine its own cursor back', async () => {
  const first = (await (await fetch(`${server.url}/products?q=radio`)).json()) as { nextCursor: string };
  expect(first).toMatchObject({ items: [item], found: 2 });
  await fetch(`${server.url}/products?q=radio&cursor=${first.nextCursor}`);
  expect(asked[1]?.params).toMatchObject({ q: 'radio', cursor: 'next' });
  expect((await fetch(`${server.url}/products?q=other&cursor=${first.nextCursor}`)).status).toBe(400);
});
