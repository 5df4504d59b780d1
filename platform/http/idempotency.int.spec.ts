/** `Idempotency-Key` on a real Postgres, over HTTP: one effect, one answer, whoever crashes or comes late. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createPostgresIdempotencyStore } from './postgres-idempotency-store.ts';
import { type Answer, defineRoute, type Refusal, type RouteRequest } from './route.ts';
import type { HttpServer } from './server.ts';
import { startKit, testPolicy } from './testing/kit-server.ts';

type Handle = (request: RouteRequest<unknown, unknown, unknown>) => Promise<Answer | Refusal>;

let db: TestDatabase;
let server: HttpServer;
let owner = 'user-1';
let handle: Handle = async () => ({ status: 204 });

const thing = z.object({ name: z.string().optional() });
const route = (path: string) =>
  defineRoute({
    method: 'post',
    path,
    summary: 'does',
    tag: 'things',
    body: thing,
    responses: { 200: { description: 'done' } },
    handler: (request) => handle(request),
  });

beforeAll(async () => {
  db = await createTestDatabase();
  const store = await createPostgresIdempotencyStore({ database: db.database, masterKey: Buffer.alloc(32, 7) });
  server = await startKit([route('/things'), route('/open/things'), route('/owned/{id}')], {
    idempotency: store,
    access: { policy: testPolicy, facts: { thing: async () => ({ owner }) } },
  });
});
afterAll(async () => {
  await server?.stop();
  await db?.drop();
});
afterEach(() => {
  handle = async () => ({ status: 204 });
});

let keys = 0;
const newKey = () => `key-${++keys}`;

type Init = { key?: string; body?: unknown; caller?: string; path?: string; headers?: Record<string, string> };
async function post({ key, body = {}, caller = 'user-1', path = '/things', headers = {} }: Init) {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(caller === '' ? {} : { authorization: `Bearer ${caller}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    replayed: answer.headers.get('idempotent-replayed'),
    headers: answer.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

describe('a repeat', () => {
  it('gets the first answer, headers included, and is marked', async () => {
    let runs = 0;
    handle = async ({ commandId }) => ({
      status: 201,
      body: { commandId, run: ++runs },
      headers: { location: '/things/1' },
      position: '5',
      revision: 0,
    });
    const key = newKey();
    const first = await post({ key, body: { name: 'Ünï' } });
    const again = await post({ key, body: { name: 'Ünï' } });
    expect([first.status, first.replayed, again.status, again.replayed, runs]).toEqual([201, null, 201, 'true', 1]);
    expect(again.body).toEqual(first.body);
    for (const name of ['location', 'etag', 'souk-position'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
  });

  it('is the same whatever the order of its fields', async () => {
    let runs = 0;
    handle = async () => ({ status: 200, body: { run: ++runs } });
    const key = newKey();
    const send = (body: string) =>
      fetch(`${server.url}/things`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer user-1', 'idempotency-key': key },
        body,
      });
    await send('{"name":"a"}');
    await send(' { "name" : "a" } ');
    expect(runs).toBe(1);
  });

  it('with another body is 422 idempotency_key_reused', async () => {
    const key = newKey();
    await post({ key, body: { name: 'a' } });
    const { status, body } = await post({ key, body: { name: 'b' } });
    expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it.each([404, 409, 412])('of a %i given by a rule is told the same, though things have changed', async (status) => {
    const key = newKey();
    const kinds: Record<number, () => Promise<Answer | Refusal>> = {
      404: async () => ({ rejected: true, kind: 'not_found', code: 'not_found', detail: 'Gone.' }),
      409: async () => ({ rejected: true, kind: 'conflict', code: 'cart_empty', detail: 'Empty.' }),
      412: async () => {
        throw Object.assign(new Error('stale'), { name: 'StaleRevision', actual: 3 });
      },
    };
    handle = kinds[status] as Handle;
    const first = await post({ key });
    handle = async () => ({ status: 200, body: {} });
    const again = await post({ key, headers: { 'if-match': '"9.x"' } });
    expect([first.status, again.status, again.replayed]).toEqual([status, status, 'true']);
    expect(again.body).toEqual(first.body);
  });

  it('after a 5xx goes on with the same ids and time', async () => {
    const seen: unknown[] = [];
    const key = newKey();
    const note: Handle = async ({ commandId, issuedAt, newId }) => {
      seen.push([commandId, issuedAt, newId('order')]);
      if (seen.length === 1) throw new Error('crashed');
      return { status: 200, body: {} };
    };
    handle = note;
    expect((await post({ key })).status).toBe(500);
    expect((await post({ key })).status).toBe(200);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('of a key is another request for another caller, path or guest', async () => {
    let runs = 0;
    handle = async () => ({ status: 200, body: { run: ++runs } });
    const key = newKey();
    await post({ key });
    await post({ key, caller: 'user-2' });
    await post({ key, path: '/open/things' });
    await post({ key, caller: '', headers: { 'souk-cart-token': 'a-guest' } });
    expect(runs).toBe(4);
    expect((await post({ key, caller: '', headers: { 'souk-cart-token': 'a-guest' } })).replayed).toBe('true');
  });

  it('is no repeat for somebody who proved nothing', async () => {
    let runs = 0;
    handle = async () => ({ status: 200, body: { run: ++runs } });
    const key = newKey();
    await post({ key, caller: '', path: '/open/things' });
    await post({ key, caller: '', path: '/open/things' });
    expect(runs).toBe(2);
  });

  it('is looked up before the resource is: what is no longer one’s own still answers as it did', async () => {
    const key = newKey();
    handle = async () => ({ status: 200, body: { done: true } });
    expect((await post({ key, path: '/owned/mine' })).status).toBe(200);
    owner = 'user-2';
    expect((await post({ key: newKey(), path: '/owned/mine' })).status).toBe(404);
    expect((await post({ key, path: '/owned/mine' })).replayed).toBe('true');
  });

  it('of a request that a rule refused with 422, 401 or 403 starts anew, with a corrected body too', async () => {
    const key = newKey();
    const ids = new Set<string>();
    handle = async ({ commandId }) => {
      ids.add(commandId);
      return { rejected: true, kind: 'invalid', code: 'invalid', detail: 'No.' };
    };
    expect((await post({ key, body: { name: 'a' } })).status).toBe(422);
    handle = async ({ commandId }) => {
      ids.add(commandId);
      return { status: 200, body: {} };
    };
    expect((await post({ key, body: { name: 'b' } })).status).toBe(200);
    expect(ids.size).toBe(2);
  });

  it('of a body that failed its schema starts anew: no record was made', async () => {
    const key = newKey();
    expect((await post({ key, body: { name: 5 } })).status).toBe(422);
    expect((await post({ key, body: { name: 'five' } })).status).toBe(204);
  });
});

describe('two at once', () => {
  it('of the same key run the work once; the other is told to come back, then gets the answer', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered: () => void = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let runs = 0;
    handle = async () => {
      runs++;
      entered();
      await held;
      return { status: 200, body: { done: true } };
    };
    const key = newKey();
    const first = post({ key });
    await inside;
    const second = await post({ key });
    expect([second.status, second.body.code]).toEqual([409, 'in_progress']);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    release();
    expect((await first).status).toBe(200);
    expect((await post({ key })).replayed).toBe('true');
    expect(runs).toBe(1);
  });

  it('out of twenty, one runs', async () => {
    let runs = 0;
    handle = async () => {
      runs++;
      return { status: 200, body: {} };
    };
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post({ key })));
    expect(runs).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });
});

it('a runner that lost its lease while it worked sends the answer that was stored, never its own', async () => {
  const key = newKey();
  let runs = 0;
  handle = async () => {
    const run = ++runs;
    if (run === 1) {
      // The machine slept: the lease is over, and a second runner has done the work meanwhile.
      await db.database.pool.query(`update http.idempotency_records set leased_until = now() where answer is null`);
      expect((await post({ key })).body).toEqual({ run: 2 });
    }
    return { status: 200, body: { run } };
  };
  const late = await post({ key });
  expect([late.body, late.replayed, runs]).toEqual([{ run: 2 }, 'true', 2]);
});
