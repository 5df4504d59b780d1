/**
 * Who may call what: a status for every route and each kind of caller, written by hand from the API's page and not from
 * the policy, so that a rule that was changed by mistake is seen.
 */
import { randomUUID } from 'node:crypto';
import { CARTS, ORDERS } from './access-of-buyers.ts';
import { EVERYBODY, type Row } from './access-row.ts';
import type { Marketplace } from './marketplace.ts';
import { PASSWORD, productBody } from './people.ts';

//                       nobody guest buyer other seller rival support analyst ops admin
const SIGNED_IN_ONLY = '401 401';
const SELF_OR_STAFF = '  401   401   200   404   404   404     200     404  404  200';
const ADMIN = (ok: number) => `401   401   403   403   403   403     403     403  403  ${ok}`;
const STAFF = (ok: number) => `401   401   403   403   403   403   ${ok}     403  403  ${ok}`;
const HISTORY = '        401   401   403   403   403   403     403     200  200  200';
/** Of nothing that is there: who may act is told so. */
const OPS = '            401   401   403   403   403   403     403     403  404  404';
const OWN_SALES = '      401   401   404   404   200   404     200     404  404  200';
const OWN_PUBLISHED = (ok: number) => `401 401 403 403 ${ok}   403     403     403  403  403`;
const OWN_DRAFT = (ok: number) => `401 401   404   404 ${ok}   404     403     404  404  403`;
const STOCK_WRITE = '    401   401   404   404   200   404     403     404  404  403';

const none = (): unknown => ({});
const account = (): unknown => ({ email: `${randomUUID()}@example.com`, password: PASSWORD, name: 'Nia' });
const refreshToken = (market: Marketplace): unknown => ({ refreshToken: market.freshRefreshTokens.pop() });
const price = { amount: 1_999, currency: 'USD' };
const image = { url: 'https://example.com/a.jpg', alt: 'A' };
const variant = (): unknown => ({ options: { colour: randomUUID() }, price });

const OPERATIONS: readonly Row[] = [
  { route: 'GET /health/live', expected: EVERYBODY(200) },
  { route: 'GET /health/ready', expected: EVERYBODY(200) },
  { route: 'GET /metrics', expected: EVERYBODY(200) },
  { route: 'GET /openapi.json', expected: EVERYBODY(200) },
  { route: 'GET /admin/projections', expected: HISTORY },
  { route: 'GET /admin/events', expected: HISTORY },
  { route: 'GET /admin/events/stream', expected: HISTORY },
  { route: 'GET /admin/streams/{stream}', path: () => '/admin/streams/category-tree', expected: HISTORY },
  { route: 'GET /admin/parked', expected: HISTORY },
  { route: 'GET /admin/verifications', expected: HISTORY },
  { route: 'GET /admin/audit', expected: HISTORY },
  ...['rebuild', 'verify', 'pause', 'resume', 'swap-back', 'drop-previous'].map((wish) => ({
    route: `POST /admin/projections/{name}/${wish}`,
    path: () => `/admin/projections/nothing/${wish}`,
    expected: OPS,
  })),
  ...['retry', 'skip'].map((wish) => ({
    route: `POST /admin/parked/{id}/${wish}`,
    path: () => `/admin/parked/${randomUUID()}/${wish}`,
    body: () => ({ reason: 'settled by hand' }),
    expected: OPS,
  })),
  {
    route: 'POST /webhooks/payments/{gateway}',
    path: () => '/webhooks/payments/sandbox',
    body: none,
    expected: EVERYBODY(401),
  },
];

const ACCOUNTS: readonly Row[] = [
  { route: 'POST /auth/signup', body: account, expected: EVERYBODY(201) },
  { route: 'POST /auth/login', body: ({ admin }) => admin, expected: EVERYBODY(200) },
  { route: 'POST /auth/refresh', body: refreshToken, expected: EVERYBODY(200) },
  { route: 'POST /auth/logout', body: refreshToken, expected: EVERYBODY(204) },
  { route: 'POST /stream-tickets', body: none, expected: '401 201 201 201 201 201 201 201 201 201' },
  { route: 'GET /users/{id}', path: (m) => `/users/${m.buyerId}`, expected: SELF_OR_STAFF },
  {
    route: 'GET /users/{id}',
    of: 'me',
    path: () => '/users/me',
    expected: `${SIGNED_IN_ONLY} 200 200 200 200 200 200 200 200`,
  },
  { route: 'PATCH /users/{id}', path: (m) => `/users/${m.buyerId}`, body: none, expected: SELF_OR_STAFF },
  { route: 'PUT /users/{id}/roles/{role}', path: (m) => `/users/${m.nobodyId}/roles/ops`, expected: ADMIN(200) },
  { route: 'DELETE /users/{id}/roles/{role}', path: (m) => `/users/${m.nobodyId}/roles/ops`, expected: ADMIN(204) },
];

const SELLERS: readonly Row[] = [
  { route: 'GET /sellers/{id}', of: 'approved', path: (m) => `/sellers/${m.sellerId}`, expected: EVERYBODY(200) },
  {
    route: 'GET /sellers/{id}',
    of: 'applied',
    path: (m) => `/sellers/${m.applicantId}`,
    expected: '404 404 404 404 404 404 200 404 404 200',
  },
  {
    route: 'PATCH /sellers/{id}',
    of: 'approved',
    path: (m) => `/sellers/${m.sellerId}`,
    body: none,
    expected: '401 401 403 403 200 403 200 403 403 200',
  },
  {
    route: 'PATCH /sellers/{id}',
    of: 'applied',
    path: (m) => `/sellers/${m.applicantId}`,
    body: none,
    expected: '401 401 404 404 404 404 200 404 404 200',
  },
  ...['sales', 'products', 'orders', 'inventory', 'customers', 'live'].map((what) => ({
    route: `GET /sellers/{id}/analytics/${what}`,
    path: (m: Marketplace) => `/sellers/${m.sellerId}/analytics/${what}`,
    expected: OWN_SALES,
  })),
  { route: 'POST /sellers/{id}/approve', path: (m) => `/sellers/${m.applicantId}/approve`, expected: STAFF(200) },
  { route: 'POST /sellers/{id}/suspend', path: (m) => `/sellers/${m.applicantId}/suspend`, expected: STAFF(200) },
];

const CATALOGUE: readonly Row[] = [
  { route: 'GET /categories', expected: EVERYBODY(200) },
  { route: 'GET /categories/{id}', path: (m) => `/categories/${m.categoryId}`, expected: EVERYBODY(200) },
  { route: 'POST /categories', body: () => ({ name: 'New' }), expected: STAFF(201) },
  { route: 'PATCH /categories/{id}', path: (m) => `/categories/${m.categoryId}`, body: none, expected: STAFF(200) },
  { route: 'GET /products', expected: EVERYBODY(200) },
  { route: 'GET /search/suggest', path: () => '/search/suggest?q=he', expected: EVERYBODY(200) },
  {
    route: 'POST /products',
    body: ({ categoryId }) => productBody(categoryId),
    expected: '401 401 403 403 201 201 403 403 403 403',
  },
  { route: 'GET /products/{id}', of: 'published', path: (m) => `/products/${m.productId}`, expected: EVERYBODY(200) },
  {
    route: 'GET /products/{id}',
    of: 'draft',
    path: (m) => `/products/${m.draftId}`,
    expected: '404 404 404 404 200 404 200 404 404 200',
  },
  {
    route: 'PATCH /products/{id}',
    of: 'published',
    path: (m) => `/products/${m.productId}`,
    body: none,
    expected: OWN_PUBLISHED(200),
  },
  {
    route: 'PATCH /products/{id}',
    of: 'draft',
    path: (m) => `/products/${m.draftId}`,
    body: none,
    expected: OWN_DRAFT(200),
  },
  {
    route: 'POST /products/{id}/variants',
    of: 'published',
    path: (m) => `/products/${m.productId}/variants`,
    body: variant,
    expected: OWN_PUBLISHED(201),
  },
  {
    route: 'POST /products/{id}/variants',
    of: 'draft',
    path: (m) => `/products/${m.draftId}/variants`,
    body: variant,
    expected: OWN_DRAFT(201),
  },
  {
    route: 'PATCH /products/{id}/variants/{variantId}',
    path: (m) => `/products/${m.productId}/variants/${m.variantId}`,
    body: none,
    expected: OWN_PUBLISHED(200),
  },
  {
    route: 'POST /products/{id}/images',
    path: (m) => `/products/${m.productId}/images`,
    body: () => image,
    expected: OWN_PUBLISHED(201),
  },
  {
    route: 'POST /products/{id}/publish',
    path: (m) => `/products/${m.productId}/publish`,
    expected: OWN_PUBLISHED(200),
  },
  { route: 'POST /products/{id}/archive', path: (m) => `/products/${m.spareId}/archive`, expected: OWN_PUBLISHED(200) },
  {
    route: 'GET /inventory/{variantId}',
    path: (m) => `/inventory/${m.variantId}`,
    expected: '401 401 404 404 200 404 200 404 404 200',
  },
  {
    route: 'POST /inventory/{variantId}/receipts',
    path: (m) => `/inventory/${m.variantId}/receipts`,
    body: () => ({ quantity: 1 }),
    expected: STOCK_WRITE,
  },
  {
    route: 'POST /inventory/{variantId}/adjustments',
    path: (m) => `/inventory/${m.variantId}/adjustments`,
    body: () => ({ delta: 1, reason: 'found' }),
    expected: STOCK_WRITE,
  },
];

/** Callers whose standing these change come last. */
const LAST: readonly Row[] = [
  { route: 'POST /carts', body: none, expected: EVERYBODY(201) },
  { route: 'GET /orders', expected: '401 200 200 200 200 200 200 200 200 200' },
  {
    route: 'POST /sellers',
    body: () => ({ name: 'Shop' }),
    expected: `${SIGNED_IN_ONLY} 201 201 409 409 201 201 201 201`,
  },
];

/** In the order in which it is to be asked. */
export const TABLE: readonly Row[] = [
  ...OPERATIONS,
  ...ACCOUNTS,
  ...SELLERS,
  ...CATALOGUE,
  ...CARTS,
  ...ORDERS,
  ...LAST,
];
