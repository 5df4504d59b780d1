/** The double of Typesense is held against what a real server answered, request by request. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeUnless } from '../../../test/support/describe-unless.ts';
import { type Exchange, hasCatalogue, hasRecordings, missing, readCatalogue, readRecordings } from './recorded.ts';
import { startTypesenseDouble, type TypesenseDouble } from './typesense-double.ts';

type Results = {
  readonly found: number;
  readonly facet_counts: readonly { readonly counts: readonly Record<string, unknown>[]; readonly stats: object }[];
  readonly hits: readonly { readonly document: { readonly id: string }; readonly highlight: object }[];
};

const there = hasCatalogue && hasRecordings;

describeUnless(there ? undefined : missing, 'the double of Typesense, held against recorded answers', () => {
  let double: TypesenseDouble;
  let recordings: Map<string, Exchange>;

  async function send({ request }: Exchange, apiKey = double.apiKey) {
    const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
    const answer = await fetch(`${double.url}${request.path}`, {
      method: request.method,
      headers: { 'x-typesense-api-key': apiKey },
      ...(request.body === null ? {} : { body }),
    });
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.startsWith('application/json');
    return { status: answer.status, body: json ? JSON.parse(text) : text };
  }
  const recorded = (name: string): Exchange => {
    const exchange = recordings.get(name);
    if (!exchange) throw new Error(`${name} was not recorded`);
    return exchange;
  };
  const same = async (name: string) => {
    const { response } = recorded(name);
    const timed = (body: unknown) =>
      typeof body === 'object' && body !== null && 'fields' in body ? { ...body, created_at: 0 } : body;
    const answer = await send(recorded(name));
    expect({ ...answer, body: timed(answer.body) }).toEqual({ ...response, body: timed(response.body) });
  };

  beforeAll(async () => {
    double = await startTypesenseDouble();
    recordings = new Map(readRecordings().map((exchange) => [exchange.name, exchange]));
    await same('create-collection');
    const documents = readCatalogue().map((record, at) => ({
      id: String(at),
      name: record.name,
      description: record.description ?? '',
      brand: record.brand ?? '',
      categories: record.categories,
      price: Math.round(record.price * 100),
      rating: 1 + (at % 41) / 10,
      in_stock: at % 7 !== 0,
      seller_id: `s${at % 20}`,
      popularity: record.popularity ?? 0,
      created_at: 1_700_000_000 + at,
      position: at,
    }));
    const path = '/collections/products_g1/documents/import?action=upsert';
    const body = documents.map((document) => JSON.stringify(document)).join('\n');
    await send({ name: '', request: { method: 'POST', path, body }, response: { status: 200, body: '' } });
    await same('alias-upsert');
  }, 60_000);
  afterAll(() => double.close());

  it.each(['health', 'alias-get', 'alias-missing', 'missing-collection', 'create-collection-again', 'synonym-upsert'])(
    'answers %s to the letter',
    same,
  );

  it('lets nobody in with another key', async () => {
    expect(await send(recorded('wrong-key'), 'other')).toEqual(recorded('wrong-key').response);
  });

  it('answers each line of an import for itself', () => same('import-with-one-bad-line'));

  it.each(['search-bad-filter', 'search-bad-sort', 'search-per-page-too-big'])('refuses %s in the same words', same);

  it.each([
    'search-facets',
    'search-filter-category',
    'search-filter-quoted',
    'search-none',
    'search-page2',
    'search-prefix',
    'search-typo',
  ])('finds and counts as much for %s', async (name) => {
    const { status, body } = await send(recorded(name));
    const [mine, real] = [body as Results, recorded(name).response.body as Results];
    expect(status).toBe(200);
    expect(mine).toMatchObject({
      ...real,
      hits: expect.anything(),
      facet_counts: expect.anything(),
      search_time_ms: expect.any(Number),
    });
    for (const [at, facet] of real.facet_counts.entries()) {
      expect(mine.facet_counts[at]?.counts.map(({ count }) => count)).toEqual(facet.counts.map(({ count }) => count));
      expect(mine.facet_counts[at]?.stats).toEqual(facet.stats);
    }
  });

  it.each(['search-facets', 'search-filter-category', 'search-filter-quoted'])(
    'shows the same products for %s',
    async (name) => {
      const ids = (results: unknown) => (results as Results).hits.map(({ document }) => document.id);
      expect(ids((await send(recorded(name))).body)).toEqual(ids(recorded(name).response.body));
    },
  );

  it('marks the same pieces of names', async () => {
    type Named = { readonly hits: readonly { readonly highlight: { readonly name?: { readonly snippet: string } } }[] };
    const names = (results: unknown) => (results as Named).hits.map(({ highlight }) => highlight.name?.snippet);
    const { request, response } = recorded('search-prefix');
    const all = [];
    for (const page of [1, 2, 3]) {
      const path = `${request.path.replace('per_page=3', 'per_page=250')}&page=${page}`;
      all.push(...names((await send({ name: '', request: { ...request, path }, response })).body));
    }
    expect(all).toEqual(expect.arrayContaining(names(response.body)));
  });

  it('takes documents and the collection out', async () => {
    await same('delete-document-missing');
    await same('delete-document');
    await send({
      ...recorded('health'),
      request: { method: 'DELETE', path: '/collections/products_g1/documents?filter_by=id:[99999]', body: null },
    });
    await same('drop-collection');
  });
});
