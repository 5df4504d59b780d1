/** Who is answered what over real sockets: problems, access, paths; with made-up routes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RouteDefinition } from './route.ts';
import type { HttpServer } from './server.ts';
import { ask, ID, type Init, routes, startRoutes } from './testing/kit-routes.ts';
import { startKit } from './testing/kit-server.ts';

let server: HttpServer;
beforeAll(async () => {
  server = await startRoutes();
});
afterAll(() => server.stop());

const call = (path: string, init?: Init) => ask(server.url + path, init);

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
