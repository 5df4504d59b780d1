/** The conventions of the HTTP surface, over real sockets with made-up routes. */

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { memoryRateLimiter } from './rate-limiter.ts';
import { defineRoute, type RouteDefinition } from './route.ts';
import type { HttpServer } from './server.ts';
import { startKit } from './testing/kit-server.ts';

class StaleRevision extends Error {
  readonly actual: number;
  constructor(actual: number) {
    super('stale');
    this.name = 'StaleRevision';
    this.actual = actual;
  }
}

const thing = z.object({ name: z.string().min(2), nested: z.strictObject({ count: z.number().int() }).optional() });
const responses = { 200: { description: 'ok' } };

const routes: readonly RouteDefinition[] = [
  defineRoute({
    method: 'get',
    path: '/open/things/{id}',
    summary: 'one',
    tag: 'things',
    params: z.object({ id: z.uuid() }),
    reads: ['things'],
    responses: { ...responses, 304: { description: 'not modified' } },
    handler: async ({ params }) => ({ status: 200, body: { id: params.id }, revision: 4, position: '12' }),
  }),
  defineRoute({
    method: 'get',
    path: '/open/things',
    summary: 'list',
    tag: 'things',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100).default(24),
      brand: z.array(z.string()).optional(),
    }),
    responses,
    handler: async ({ query }) => ({ status: 200, body: query }),
  }),
  defineRoute({
    method: 'post',
    path: '/open/things',
    summary: 'make',
    tag: 'things',
    body: thing,
    responses: { 201: { description: 'made' } },
    handler: async ({ body, newId }) => ({
      status: 201,
      body: { ...body, id: newId('thing') },
      headers: { location: '/open/things/1' },
      position: '7',
      revision: 0,
    }),
  }),
  defineRoute({
    method: 'patch',
    path: '/open/things/{id}',
    summary: 'edit',
    tag: 'things',
    responses,
    async handler({ ifMatch }) {
      if (ifMatch !== undefined && ifMatch !== 4) throw new StaleRevision(4);
      return { status: 200, body: { ok: true }, revision: 5 };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/open/refusals/{kind}',
    summary: 'refuses',
    tag: 'things',
    params: z.object({ kind: z.enum(['conflict', 'invalid', 'forbidden', 'not_found']) }),
    responses,
    handler: async ({ params }) => ({
      rejected: true,
      kind: params.kind,
      code: 'no_way',
      detail: 'It is so. Do otherwise.',
      pointer: '/name',
      extra: { totals: 5, status: 200 },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/open/faults/{name}',
    summary: 'throws',
    tag: 'things',
    responses,
    async handler({ params }) {
      if ((params as { name: string }).name === 'away') throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
      throw new Error('a secret inside');
    },
  }),
  defineRoute({
    method: 'get',
    path: '/staff/things',
    summary: 'staff',
    tag: 'things',
    responses,
    handler: async () => ({ status: 200, body: {} }),
  }),
  defineRoute({
    method: 'get',
    path: '/owned/{id}',
    summary: 'owned',
    tag: 'things',
    responses,
    handler: async ({ caller }) => ({ status: 200, body: caller }),
  }),
  defineRoute({
    method: 'post',
    path: '/pay',
    summary: 'money',
    tag: 'things',
    idempotency: 'required',
    responses,
    handler: async ({ preferWait }) => ({ status: 200, body: { preferWait: preferWait ?? null } }),
  }),
];

const ID = '0190a8c0-0000-7000-8000-000000000001';
let server: HttpServer;

beforeAll(async () => {
  server = await startKit(routes, {
    waitFor: async (_names, position) =>
      position === '99' ? { reached: false, at: '50' } : { reached: true, at: null },
  });
});
afterAll(() => server.stop());

type Init = { method?: string; headers?: Record<string, string>; body?: unknown };
async function call(path: string, { method = 'GET', headers = {}, body }: Init = {}) {
  const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(server.url + path, { method, headers: { ...type, ...headers }, ...json });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
}

describe('problems', () => {
  it('are problem documents with type, title, status, code and detail', async () => {
    const { status, headers, body } = await call('/nowhere');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404, code: 'not_found' });
    expect(body.detail).not.toBe('');
  });

  it('name every wrong field of a body by its pointer, unknown ones included: 422', async () => {
    const { status, body } = await call('/open/things', {
      method: 'POST',
      body: { name: 'x', nested: { count: 1.5, 'a/b': 1 }, more: 1 },
    });
    expect(status).toBe(422);
    expect(body.code).toBe('invalid');
    const pointers = body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
    expect(pointers).toEqual(['/more', '/name', '/nested/a~1b', '/nested/count']);
  });

  it('call JSON that does not parse malformed: 400', async () => {
    const { status, body } = await call('/open/things', { method: 'POST', body: '{"name":' });
    expect([status, body.code]).toEqual([400, 'malformed']);
  });

  it('refuse bytes that are not UTF-8 as malformed', async () => {
    const answer = await fetch(`${server.url}/open/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(answer.status).toBe(400);
  });

  it('refuse other media types: 415', async () => {
    const { status, body } = await call('/open/things', {
      method: 'POST',
      body: 'name=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('refuse an encoding nobody knows: 415', async () => {
    const { status } = await call('/open/things', {
      method: 'POST',
      body: {},
      headers: { 'content-encoding': 'rot13' },
    });
    expect(status).toBe(415);
  });

  it('refuse more than 1 MiB: 413', async () => {
    const { status, body } = await call('/open/things', { method: 'POST', body: { name: 'x'.repeat(1_048_577) } });
    expect([status, body.code]).toEqual([413, 'too_large']);
  });

  it('refuse what nobody can accept: 406', async () => {
    const { status, body } = await call('/open/things', { headers: { accept: 'text/html' } });
    expect([status, body.code]).toEqual([406, 'not_acceptable']);
  });

  it('refuse a method the path does not have and name those it has: 405', async () => {
    const { status, headers, body } = await call('/open/things', { method: 'DELETE' });
    expect([status, body.code]).toEqual([405, 'method_not_allowed']);
    expect(headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  });

  it.each(['/open/things/7', '/open/things/%E0%A4%A'])(
    'take a malformed id in %s for nothing at all: 404',
    async (path) => {
      const { status, body } = await call(path);
      expect([status, body.code]).toEqual([404, 'not_found']);
    },
  );

  it.each(['limit=101', 'limit=x', 'limit=1&limit=2', 'colour=red', 'ticket=user-1'])(
    'refuse the query %s: 400',
    async (query) => {
      const { status, body } = await call(`/open/things?${query}`);
      expect([status, body.code]).toEqual([400, 'malformed']);
      expect(body.errors[0].pointer).toBe(`/${query.split('=')[0]}`);
    },
  );

  it('tell what a rule refused with its own code, pointer and members; the standard members stay', async () => {
    const status = async (kind: string) => (await call(`/open/refusals/${kind}`, { method: 'POST' })).status;
    expect(await status('conflict')).toBe(409);
    expect(await status('invalid')).toBe(422);
    expect(await status('forbidden')).toBe(403);
    expect(await status('not_found')).toBe(404);
    const { body } = await call('/open/refusals/invalid', { method: 'POST' });
    expect(body).toMatchObject({
      code: 'no_way',
      status: 422,
      totals: 5,
      errors: [{ pointer: '/name', code: 'no_way' }],
    });
  });

  it('say nothing of what went wrong inside: 500', async () => {
    const { status, body } = await call('/open/faults/bug');
    expect([status, body.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('ask to come back when an engine is away: 503 with Retry-After', async () => {
    const { status, headers, body } = await call('/open/faults/away');
    expect([status, body.code]).toEqual([503, 'unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('access', () => {
  it('is refused where nobody proved who they are: 401', async () => {
    const { status, headers, body } = await call('/staff/things');
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('is refused with a token that proves nothing, also where anybody may: 401', async () => {
    expect((await call('/open/things', { headers: { authorization: 'Bearer stale' } })).status).toBe(401);
  });

  it('is refused to a role that lacks: 403', async () => {
    const { status, body } = await call('/staff/things', { headers: { authorization: 'Bearer user-1' } });
    expect([status, body.code]).toEqual([403, 'forbidden']);
  });

  it('shows nothing of what is somebody else’s: 404', async () => {
    expect((await call('/owned/mine', { headers: { authorization: 'Bearer user-1' } })).status).toBe(200);
    expect((await call('/owned/mine', { headers: { authorization: 'Bearer user-2' } })).status).toBe(404);
    expect((await call('/owned/other', { headers: { authorization: 'Bearer user-1' } })).status).toBe(404);
  });

  it('is denied by default: a route without a rule does not start', async () => {
    const [route] = routes;
    await expect(startKit([{ ...(route as RouteDefinition), path: '/ruleless' }])).rejects.toThrow(/no rule/);
  });
});

describe('paths', () => {
  it('answer HEAD like GET, without the body', async () => {
    const { status, headers, body } = await call(`/open/things/${ID}`, { method: 'HEAD' });
    expect([status, body]).toEqual([200, undefined]);
    expect(headers.get('etag')).toMatch(/^"4\./);
  });

  it('answer OPTIONS, the unknown ones too', async () => {
    expect((await call('/open/things', { method: 'OPTIONS' })).headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
    expect((await call('/nowhere/at/all', { method: 'OPTIONS' })).status).toBe(204);
  });

  it('let pages of allowed origins call, and read the named headers', async () => {
    const preflight = await call('/open/things', {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    const problem = await call('/nowhere', { headers: { origin: 'https://shop.example' } });
    const exposed = problem.headers.get('access-control-expose-headers');
    for (const name of ['Souk-Position', 'ETag', 'Location', 'Idempotent-Replayed', 'RateLimit-Limit']) {
      expect(exposed).toContain(name);
    }
    const other = await call('/nowhere', { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('hand on the ids of request and correlation', async () => {
    const { headers } = await call('/nowhere', { headers: { 'x-request-id': 'r-1', 'x-correlation-id': 'c-1' } });
    expect([headers.get('x-request-id'), headers.get('x-correlation-id')]).toEqual(['r-1', 'c-1']);
    expect((await call('/nowhere', { headers: { 'x-request-id': 'a b' } })).headers.get('x-request-id')).not.toBe(
      'a b',
    );
  });

  it('take a query field that may repeat as a list', async () => {
    expect((await call('/open/things?brand=a&brand=b')).body).toEqual({ limit: 24, brand: ['a', 'b'] });
    expect((await call('/open/things?brand=a')).body.brand).toEqual(['a']);
  });
});

describe('conditions', () => {
  it('make If-None-Match answer 304 without a body, with the tag', async () => {
    const { headers } = await call(`/open/things/${ID}`);
    const tag = headers.get('etag') ?? '';
    for (const value of [tag, `"x", W/${tag}`, '*']) {
      const again = await call(`/open/things/${ID}`, { headers: { 'if-none-match': value } });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, tag]);
    }
    expect((await call(`/open/things/${ID}`, { headers: { 'if-none-match': '"4.other"' } })).status).toBe(200);
  });

  it('hold If-Match against the revision alone, with * and lists; else 412', async () => {
    const edit = (tag: string) => call(`/open/things/${ID}`, { method: 'PATCH', headers: { 'if-match': tag } });
    expect((await edit('"4.whatever"')).status).toBe(200);
    expect((await edit('*')).status).toBe(200);
    expect((await edit('"3.a", "4.b"')).status).toBe(200);
    for (const tag of ['"3.a"', 'W/"4.a"', '"nonsense"', '"2.a", "3.a"']) {
      const { status, body } = await edit(tag);
      expect([tag, status, body.code]).toEqual([tag, 412, 'stale']);
    }
  });

  it('are malformed when they are no tags: 400', async () => {
    const { status, body } = await call(`/open/things/${ID}`, { method: 'PATCH', headers: { 'if-match': '4' } });
    expect([status, body.code]).toEqual([400, 'malformed']);
  });
});

describe('positions', () => {
  it('come with answers to writes, as tokens', async () => {
    const { status, headers } = await call('/open/things', { method: 'POST', body: { name: 'ab' } });
    expect([status, headers.get('souk-position'), headers.get('location')]).toEqual([201, 'p7', '/open/things/1']);
    expect(headers.get('etag')).toMatch(/^"0\./);
  });

  it('that are no tokens are 400 bad_position', async () => {
    const { status, body } = await call(`/open/things/${ID}`, { headers: { 'souk-wait-for': 'soon' } });
    expect([status, body.code]).toEqual([400, 'bad_position']);
  });

  it('that are not reached in time are 503 not_caught_up with the position reached', async () => {
    const { status, headers, body } = await call(`/open/things/${ID}`, { headers: { 'souk-wait-for': 'p99' } });
    expect([status, body.code, headers.get('souk-position')]).toEqual([503, 'not_caught_up', 'p50']);
    expect(headers.get('retry-after')).toBe('1');
  });
});

describe('headers', () => {
  const pay = (headers: Record<string, string>) =>
    call('/pay', { method: 'POST', headers: { authorization: 'Bearer user-1', ...headers } });

  it('want a key where money moves: 400 idempotency_key_required', async () => {
    const { status, body } = await pay({});
    expect([status, body.code]).toEqual([400, 'idempotency_key_required']);
  });

  it.each(['', 'a b', 'x'.repeat(256)])('refuse the key %j: 400', async (key) => {
    const { status } = await pay({ 'idempotency-key': key });
    expect(status).toBe(400);
  });

  it('take Prefer: wait, at most 30 s', async () => {
    expect((await pay({ 'idempotency-key': 'k', prefer: 'respond-async, wait=7' })).body).toEqual({ preferWait: 7 });
    expect((await pay({ 'idempotency-key': 'k', prefer: 'wait=300' })).body).toEqual({ preferWait: 30 });
    expect((await pay({ 'idempotency-key': 'k', prefer: 'wait=soon' })).status).toBe(400);
    expect((await pay({ 'idempotency-key': 'k' })).body).toEqual({ preferWait: null });
  });
});

describe('limits', () => {
  it('are told with every answer, and beyond them 429 with Retry-After', async () => {
    const limited = await startKit(routes, { rateLimit: memoryRateLimiter({ limit: 2, windowS: 60 }) });
    try {
      const answers: Response[] = [];
      for (let n = 0; n < 3; n++) answers.push(await fetch(`${limited.url}/open/things`));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      const told = (name: string) => answers.map(({ headers }) => headers.get(name));
      expect(told('ratelimit-limit')).toEqual(['2', '2', '2']);
      expect(told('ratelimit-remaining')).toEqual(['1', '0', '0']);
      const wait = answers[2]?.headers.get('retry-after');
      expect(wait).toMatch(/^([1-9]|[1-5]\d|60)$/);
      expect(answers[2]?.headers.get('ratelimit-reset')).toBe(wait);
      expect(await answers[2]?.json()).toMatchObject({ code: 'rate_limited' });
    } finally {
      await limited.stop();
    }
  });

  it.each<[string, number, readonly number[]]>([
    ['by whom the nearest proxy names, where one is trusted', 1, [200, 200, 429]],
    ['by the connection, where none is: anybody can write the header', 0, [200, 429, 429]],
  ])('count anonymous callers %s', async (_what, trustProxy, expected) => {
    const limited = await startKit(routes, { trustProxy, rateLimit: memoryRateLimiter({ limit: 1, windowS: 60 }) });
    try {
      const statuses = [];
      for (const chain of ['192.0.2.1', '192.0.2.2', '192.0.2.9, 192.0.2.2']) {
        const answer = await fetch(`${limited.url}/open/things`, { headers: { 'X-Forwarded-For': chain } });
        statuses.push(answer.status);
      }
      expect(statuses).toEqual(expected);
    } finally {
      await limited.stop();
    }
  });

  it('shed what is too much at once: 503', async () => {
    const busy = await startKit(routes, { maxInFlight: 0 });
    try {
      const answer = await fetch(`${busy.url}/open/things`);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    } finally {
      await busy.stop();
    }
  });
});

describe('stopping', () => {
  it('lets the request in hand end, closes kept connections and refuses new ones', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered: () => void = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const slow = defineRoute({
      method: 'get',
      path: '/open/slow',
      summary: 'slow',
      tag: 'things',
      responses,
      async handler() {
        entered();
        await held;
        return { status: 200, body: { done: true } };
      },
    });
    const stoppable = await startKit([slow]);
    const kept = connect(stoppable.port, '127.0.0.1');
    const keptClosed = new Promise<void>((resolve) => kept.once('close', () => resolve()));
    const answer = fetch(`${stoppable.url}/open/slow`);
    await inside;
    const stopped = stoppable.stop();
    await keptClosed;
    await expect(fetch(`${stoppable.url}/open/slow`)).rejects.toThrow();
    release();
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
  });

  it('says how to get around a port that is taken', async () => {
    await expect(startKit([], { port: server.port } as never)).rejects.toThrow(/taken.*PORT/);
  });
});
