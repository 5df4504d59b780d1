/** How answers are conditioned, placed and limited, and how the kit stops; over real sockets, with made-up routes. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryRateLimiter } from './rate-limiter.ts';
import { defineRoute } from './route.ts';
import type { HttpServer } from './server.ts';
import { ask, ID, type Init, PARKED, routes, startRoutes } from './testing/kit-routes.ts';
import { startKit } from './testing/kit-server.ts';

const responses = { 200: { description: 'ok' } };
let server: HttpServer;
beforeAll(async () => {
  server = await startRoutes();
});
afterAll(() => server.stop());

const call = (path: string, init?: Init) => ask(server.url + path, init);

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

  it('that stand at something parked are 503 not_caught_up, which names it; to ask again soon is no use', async () => {
    const { status, headers, body } = await call(`/open/things/${ID}`, { headers: { 'souk-wait-for': 'p98' } });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'not_caught_up', '60']);
    expect(body).toMatchObject({ parked: PARKED });
    for (const named of Object.values(PARKED)) expect(body.detail).toContain(named);
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
