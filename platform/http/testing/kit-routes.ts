/** Made-up routes that show every convention of the HTTP surface, served to the kit's tests. */
import { z } from 'zod';
import { defineRoute, type RouteDefinition } from '../route.ts';
import type { HttpServer } from '../server.ts';
import { startKit } from './kit-server.ts';

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

/** What the HTTP kit is tried with. */
export const routes: readonly RouteDefinition[] = [
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

/** Of the one thing there is. */
export const ID = '0190a8c0-0000-7000-8000-000000000001';

export const PARKED = { projection: 'things', key: 'thing-7', id: ID };

/** Position 99 is one that no projection reaches; what stands at 98 is parked. */
export function startRoutes(): Promise<HttpServer> {
  return startKit(routes, {
    waitFor: async (_names, position) => {
      if (position === '98') return { reached: false, at: '98', parked: PARKED };
      return position === '99' ? { reached: false, at: '50' } : { reached: true, at: null };
    },
  });
}

export type Init = { method?: string; headers?: Record<string, string>; body?: unknown };

/** One request; text bodies go as they are, all else as JSON. */
export async function ask(url: string, { method = 'GET', headers = {}, body }: Init = {}) {
  const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers: { ...type, ...headers }, ...json });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
}
