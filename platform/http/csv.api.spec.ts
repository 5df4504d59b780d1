/** Lists in CSV, by `Accept`, of any route that names its columns. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineRoute } from './route.ts';
import type { HttpServer } from './server.ts';
import { startKit } from './testing/kit-server.ts';

const items = [
  { name: 'plain', count: 1, note: null, hidden: true },
  { name: 'a "quoted", one', count: -2, note: 'two\r\nlines' },
  { name: '=SUM(A1)', count: 0, note: { of: 'parts' } },
];
const route = defineRoute({
  method: 'get',
  path: '/open/counts',
  summary: 'list',
  tag: 'counts',
  query: z.object({ cursor: z.string().optional(), of: z.string().optional() }),
  csv: ['name', 'count', 'note'],
  responses: { 200: { description: 'ok', schema: z.object({ items: z.array(z.unknown()) }) } },
  handler: async ({ query }) => ({
    status: 200,
    body: { items, nextCursor: query.cursor === undefined ? 'n/2' : null },
    revision: 0,
    position: '3',
  }),
});

type Described = {
  readonly paths: Record<
    string,
    { get: { responses: Record<number, { content: Record<string, { schema: unknown }>; headers: object }> } }
  >;
};

let server: HttpServer;
beforeAll(async () => {
  server = await startKit([route]);
});
afterAll(() => server?.stop());

const ask = (accept: string, query = '', headers: Record<string, string> = {}) =>
  fetch(`${server.url}/open/counts${query}`, { headers: { accept, ...headers } });

it('has a header line, quotes what needs it, and runs nobody’s formula', async () => {
  const answer = await ask('text/csv');
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(answer.headers.get('vary')).toContain('Accept');
  expect(answer.headers.get('souk-position')).toBe('p3');
  expect(await answer.text()).toBe(
    [
      'name,count,note',
      'plain,1,',
      '"a ""quoted"", one",-2,"two\r\nlines"',
      `'=SUM(A1),0,"{""of"":""parts""}"`,
      '',
    ].join('\r\n'),
  );
});

it('leads to the next page by a link, and has its own tag', async () => {
  const first = await ask('text/csv', '?of=all');
  expect(first.headers.get('link')).toBe('<?of=all&cursor=n%2F2>; rel="next"');
  expect((await ask('text/csv', '?cursor=x')).headers.get('link')).toBeNull();
  const tag = first.headers.get('etag') ?? '';
  expect((await ask('text/csv', '', { 'if-none-match': tag })).status).toBe(304);
  expect((await ask('application/json', '', { 'if-none-match': tag })).status).toBe(200);
});

it.each([
  ['*/*', 'application/json'],
  ['text/csv;q=0.5, application/json', 'application/json'],
  ['text/csv, application/json;q=0.5', 'text/csv'],
  ['text/*', 'text/csv'],
])('answers Accept: %s as %s', async (accept, type) => {
  expect((await ask(accept)).headers.get('content-type')).toContain(type);
});

it('names both types to who accepts neither', async () => {
  const answer = await ask('text/html');
  expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
    406,
    expect.stringContaining('json or text/csv'),
  ]);
});

it('is described', async () => {
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as Described;
  const { content = {}, headers = {} } = paths['/open/counts']?.get.responses[200] ?? {};
  expect(Object.keys(content)).toEqual(['application/json', 'text/csv']);
  expect(content['text/csv']?.schema).toMatchObject({ type: 'string' });
  expect(Object.keys(headers)).toContain('Link');
});
