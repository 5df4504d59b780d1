/** The description of an API is made of its routes, and whole: every reference leads somewhere, every parameter is named. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createHttpMetrics, registerGauge } from '../telemetry/http-metrics.ts';
import { metricsRoute } from '../telemetry/metrics-route.ts';
import { healthRoutes } from './health.ts';
import type { AppOptions } from './kit.ts';
import { pageQuery } from './query.ts';
import { defineRoute, type RouteDefinition } from './route.ts';
import type { HttpServer } from './server.ts';
import { startKit, testPolicy } from './testing/kit-server.ts';

type Json = Record<string, unknown>;
type Operation = {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: Json }[];
  requestBody?: { content: Json };
  responses: Record<string, { description: string; headers?: Json; content?: Record<string, { schema: Json }> }>;
  security: Json[];
};

const node: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(node);
  },
});

const routes: readonly RouteDefinition[] = [
  defineRoute({
    method: 'get',
    path: '/open/things/{thingId}',
    summary: 'one',
    tag: 'things',
    params: z.object({ thingId: z.uuid() }),
    reads: ['things'],
    responses: {
      200: { description: 'the tree', schema: node, headers: ['Souk-Search'] },
      304: { description: 'had' },
    },
    handler: async () => ({ status: 200, body: {} }),
  }),
  defineRoute({
    method: 'patch',
    path: '/open/things/{id}',
    summary: 'edit',
    tag: 'things',
    params: z.object({ id: z.uuid() }),
    body: z.object({ name: z.string() }),
    responses: {
      200: { description: 'edited' },
      409: { description: 'no', codes: ['thing_cycle'] },
      412: { description: 'stale', codes: ['stale'] },
    },
    handler: async () => ({ status: 200, body: {} }),
  }),
  defineRoute({
    method: 'get',
    path: '/things',
    summary: 'list',
    tag: 'things',
    query: z.object({ ...pageQuery, brand: z.array(z.string()).optional() }),
    responses: { 200: { description: 'a page' } },
    handler: async () => ({ status: 200, body: {} }),
  }),
];

let server: HttpServer;
let document: { openapi: string; paths: Record<string, Record<string, Operation>>; components: Json };
let ready = true;

beforeAll(async () => {
  const metrics = createHttpMetrics();
  registerGauge(metrics, { name: 'souk_test_lag', help: 'lag', labels: ['projection'] }, () => [
    { labels: { projection: 'orders' }, value: 1.5 },
  ]);
  const policy = { ...testPolicy, knows: () => true, early: () => 'allowed' as const };
  const options: Pick<AppOptions, 'routes' | 'operations' | 'metrics' | 'access' | 'api' | 'rateLimit'> = {
    routes,
    operations: [...healthRoutes({ postgres: async () => (ready ? undefined : 'is away') }), metricsRoute(metrics)],
    metrics,
    access: { policy, facts: {} },
    api: { title: 'Test', version: '1' },
    rateLimit: 'off',
  };
  server = await startKit(routes, options);
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as typeof document;
});
afterAll(() => server.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, all]) =>
    Object.entries(all).map(([method, of]) => ({ path, method, ...of })),
  );

function operationAt(path: string, method: string): Operation {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`${method} ${path} is not described`);
  return operation;
}

describe('the OpenAPI document', () => {
  it('is 3.1 and names every route once', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual([
      'get /health/live',
      'get /health/ready',
      'get /metrics',
      'get /open/things/{thingId}',
      'get /openapi.json',
      'get /things',
      'patch /open/things/{thingId}',
    ]);
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const target = reference
        .split('/')
        .slice(1)
        .reduce<unknown>((at, part) => (at as Json | undefined)?.[part], document);
      expect([reference, target === undefined]).toEqual([reference, false]);
    }
  });

  it('names the headers that a route alone may have', () => {
    expect(operationAt('/open/things/{thingId}', 'get').responses['200']?.headers).toHaveProperty('Souk-Search');
    expect(operationAt('/things', 'get').responses['200']?.headers).not.toHaveProperty('Souk-Search');
  });

  it('names the parameters of each path as the path does', () => {
    for (const { path, parameters } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named);
    }
  });

  it('tells types, defaults and bounds of queries', () => {
    const { parameters } = operationAt('/things', 'get');
    const limit = parameters.find(({ name }) => name === 'limit');
    expect(limit).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100 },
    });
    expect(parameters.find(({ name }) => name === 'brand')?.schema).toMatchObject({ type: 'array' });
  });

  it('names the problems of each route by status and code, its own included', () => {
    const codes = (operation: Operation, status: number) => {
      const schema = operation.responses[status]?.content?.['application/problem+json']?.schema as {
        allOf: [Json, { properties: { code: { enum: string[] } } }];
      };
      return schema.allOf[1].properties.code.enum;
    };
    const patch = operationAt('/open/things/{thingId}', 'patch');
    expect(codes(patch, 409)).toEqual(['in_progress', 'thing_cycle']);
    expect(codes(patch, 412)).toEqual(['stale']);
    expect(codes(patch, 422)).toEqual(['invalid', 'idempotency_key_reused']);
    expect(codes(operationAt('/open/things/{thingId}', 'get'), 503)).toEqual(['unavailable', 'not_caught_up']);
    expect(codes(operationAt('/things', 'get'), 401)).toEqual(['unauthenticated']);
  });

  it('refuses unknown fields in what it describes as it does in what it checks', () => {
    const body = operationAt('/open/things/{thingId}', 'patch').requestBody?.content['application/json'];
    expect((body as { schema: Json }).schema).toMatchObject({ additionalProperties: false });
  });
});

describe('operations', () => {
  it('say that the process lives and whether it is ready, each check by name', async () => {
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const good = await fetch(`${server.url}/health/ready`);
    expect([good.status, await good.json()]).toEqual([200, { status: 'ready', checks: { postgres: { ok: true } } }]);
    ready = false;
    const bad = await fetch(`${server.url}/health/ready`);
    expect(bad.status).toBe(503);
    expect(await bad.json()).toEqual({ status: 'not_ready', checks: { postgres: { ok: false, detail: 'is away' } } });
    ready = true;
  });

  it('give figures by route pattern, and those that were registered', async () => {
    await fetch(`${server.url}/open/things/0190a8c0-0000-7000-8000-000000000001`);
    const answer = await fetch(`${server.url}/metrics`);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(/http_request_duration_seconds_count\{.*route="\/open\/things\/\{thingId\}".*\} 1/);
    expect(text).toContain('souk_test_lag{projection="orders"} 1.5');
    expect(text).not.toContain('0190a8c0');
  });

  it('serve /docs with everything it needs from here', async () => {
    const page = await (await fetch(`${server.url}/docs`)).text();
    const needed = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(needed.length).toBeGreaterThan(3);
    for (const path of needed) {
      expect(path.startsWith('/')).toBe(true);
      expect((await fetch(server.url + path)).status).toBe(200);
    }
  });
});
