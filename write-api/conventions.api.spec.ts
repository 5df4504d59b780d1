import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import type { As, Reply } from './testing/client.ts';
import { logInAdmin } from './testing/people.ts';
import { type StartedShop, startTestShop } from './testing/start-test-shop.ts';

type Route = { readonly method: string; readonly path: string };

let shop: StartedShop;
let admin: As;
let writes: readonly Route[];
beforeAll(async () => {
  shop = await startTestShop();
  admin = await logInAdmin(shop);
  const { paths } = await shop.done('GET /openapi.json');
  writes = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ['post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => ({ method: method.toUpperCase(), path })),
  );
});
afterAll(() => shop.stop());

/** The path with ids of nothing, or with what is no id at all. */
const withIds = (path: string, id: () => string) =>
  path
    .replace('{role}', 'ops')
    .replace('{gateway}', 'sandbox')
    .replace(/\{\w+\}/g, id);

const send = ({ method, path }: Route, options: { body?: unknown; headers?: Record<string, string>; id?: string }) => {
  const headers = { 'idempotency-key': newId(), ...options.headers };
  const target = withIds(path, () => options.id ?? newId());
  return shop.call(`${method} ${target}`, { as: admin, body: options.body, headers });
};

/** What each route answered, by route: a difference names the route. */
async function answers(routes: readonly Route[], ask: (route: Route) => Promise<Reply>) {
  const replies = await Promise.all(
    routes.map(async (route) => {
      const { status, body } = await ask(route);
      return [`${route.method} ${route.path}`, `${status} ${body?.code}`] as const;
    }),
  );
  return Object.fromEntries(replies);
}

const all = (routes: readonly Route[], answer: string) =>
  Object.fromEntries(routes.map(({ method, path }) => [`${method} ${path}`, answer]));

describe('every route that writes', () => {
  it('is there: all that the API’s page names for the spine', () => {
    expect(writes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /carts/{cartId}/items/{variantId}',
      'DELETE /users/{userId}/roles/{role}',
      'PATCH /carts/{cartId}/items/{variantId}',
      'PATCH /categories/{categoryId}',
      'PATCH /products/{productId}',
      'PATCH /products/{productId}/variants/{variantId}',
      'PATCH /sellers/{sellerId}',
      'PATCH /users/{userId}',
      'POST /admin/parked/{parkedId}/retry',
      'POST /admin/parked/{parkedId}/skip',
      'POST /admin/projections/{name}/drop-previous',
      'POST /admin/projections/{name}/pause',
      'POST /admin/projections/{name}/rebuild',
      'POST /admin/projections/{name}/resume',
      'POST /admin/projections/{name}/swap-back',
      'POST /admin/projections/{name}/verify',
      'POST /auth/login',
      'POST /auth/logout',
      'POST /auth/refresh',
      'POST /auth/signup',
      'POST /carts',
      'POST /carts/{cartId}/checkout',
      'POST /carts/{cartId}/items',
      'POST /carts/{cartId}/merge',
      'POST /categories',
      'POST /inventory/{variantId}/adjustments',
      'POST /inventory/{variantId}/receipts',
      'POST /orders/{orderId}/cancel',
      'POST /payments/{paymentId}/challenge',
      'POST /products',
      'POST /products/{productId}/archive',
      'POST /products/{productId}/images',
      'POST /products/{productId}/publish',
      'POST /products/{productId}/variants',
      'POST /sellers',
      'POST /sellers/{sellerId}/approve',
      'POST /sellers/{sellerId}/suspend',
      'POST /stream-tickets',
      'POST /webhooks/payments/{gateway}',
      'PUT /users/{userId}/roles/{role}',
    ]);
  });

  it('answers 400 malformed to what is no JSON', async () => {
    expect(await answers(writes, (route) => send(route, { body: '{' }))).toEqual(all(writes, '400 malformed'));
  });

  it('answers 406 not_acceptable to who wants no JSON', async () => {
    const ask = (route: Route) => send(route, { body: {}, headers: { accept: 'image/png' } });
    expect(await answers(writes, ask)).toEqual(all(writes, '406 not_acceptable'));
  });

  it('answers 413 too_large to more than a mebibyte', async () => {
    const body = { filler: 'x'.repeat(1_048_576) };
    expect(await answers(writes, (route) => send(route, { body }))).toEqual(all(writes, '413 too_large'));
  });

  it('answers 415 unsupported_media_type to text', async () => {
    const ask = (route: Route) => send(route, { body: {}, headers: { 'content-type': 'text/plain' } });
    expect(await answers(writes, ask)).toEqual(all(writes, '415 unsupported_media_type'));
  });

  it('answers 422 invalid to a field that it does not know', async () => {
    // What a gateway sends is the gateway's to say.
    const routes = writes.filter(({ path }) => !path.startsWith('/webhooks/') && path !== '/auth/logout');
    const ask = (route: Route) => send(route, { body: { nonsense: 1 } });
    expect(await answers(routes, ask)).toEqual(all(routes, '422 invalid'));
  });

  it('answers 404 not_found to an id that is none, or written otherwise', async () => {
    const routes = writes.filter(({ path }) => /\{\w+Id\}/.test(path));
    for (const id of ['not-an-id', newId().toUpperCase()]) {
      expect(await answers(routes, (route) => send(route, { body: {}, id }))).toEqual(all(routes, '404 not_found'));
    }
  });
});
