/**
 * Who may call what: a status for every route and each kind of caller, written by hand from the API's page and not from
 * the policy, so that a rule that was changed by mistake is seen.
 */
import { randomUUID } from 'node:crypto';
import type { As } from './client.ts';
import type { Marketplace } from './marketplace.ts';
import { PASSWORD, productBody } from './people.ts';

export type Row = {
  /** As the API's page names it. */
  readonly route: string;
  /** What is asked for, where the route alone does not say it. */
  readonly of?: string;
  readonly path?: (market: Marketplace) => string;
  readonly body?: (market: Marketplace) => unknown;
  /** The guest, where it is not the one with the open cart. */
  readonly guest?: (market: Marketplace) => As;
  /** A status for each caller, in the order of `CALLERS`. */
  readonly expected: string;
};

//                       nobody guest buyer other seller rival support analyst ops admin
const EVERYBODY = (status: number) => Array.from({ length: 10 }, () => status).join(' ');
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
const BUYERS_CART = (ok: number) => `401 404 ${ok} 404   404   404     404     404  404  404`;
const GUESTS_CART = (ok: number) => `401 ${ok} 404 404   404   404     404     404  404  404`;
const BUYERS_ORDER = '   401   404   200   404   200   404     200     404  404  200';
const GUESTS_ORDER = '   401   200   404   404   200   404     200     404  404  200';
const BUYERS_CANCEL = '  401   404   200   404   403   404     200     404  404  200';
const GUESTS_CANCEL = '  401   200   404   404   403   404     200     404  404  200';
const BUYERS_PAYMENT = ' 401   404   200   404   404   404     200     404  404  200';
const GUESTS_PAYMENT = ' 401   200   404   404   404   404     200     404  404  200';

const none = (): unknown => ({});
const account = (): unknown => ({ email: `${randomUUID()}@example.com`, password: PASSWORD, name: 'Nia' });
const refreshToken = (market: Marketplace): unknown => ({ refreshToken: market.freshRefreshTokens.pop() });
const price = { amount: 1_999, currency: 'USD' };
const image = { url: 'https://example.com/a.jpg', alt: 'A' };
const variant = (): unknown => ({ options: { colour: randomUUID() }, price });
const item = ({ variantId }: Marketplace): unknown => ({ variantId, quantity: 1 });
const shippingAddress = { name: 'A', line1: '1 High St', city: 'Springfield', postalCode: '12345', country: 'US' };
const payment = { method: 'card', token: 'tok_visa' };
const purchase = (): unknown => ({ email: 'a@example.com', shippingAddress, payment });

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

const CARTS: readonly Row[] = (['buyer', 'guest'] as const).flatMap((owner): readonly Row[] => {
  const own = owner === 'buyer' ? BUYERS_CART : GUESTS_CART;
  const cart = (m: Marketplace): string => `/carts/${m.carts[owner]}`;
  const inCart = (m: Marketplace): string => `${cart(m)}/items/${m.variantId}`;
  const of = `the ${owner}’s`;
  return [
    { route: 'GET /carts/{id}', of, path: cart, expected: own(200) },
    { route: 'POST /carts/{id}/items', of, path: (m) => `${cart(m)}/items`, body: item, expected: own(200) },
    {
      route: 'PATCH /carts/{id}/items/{variantId}',
      of,
      path: inCart,
      body: () => ({ quantity: 2 }),
      expected: own(200),
    },
    { route: 'DELETE /carts/{id}/items/{variantId}', of, path: inCart, expected: own(200) },
    {
      route: 'POST /carts/{id}/merge',
      of,
      path: (m) => `${cart(m)}/merge`,
      body: (m) => m.offered[owner],
      expected: own(200),
    },
    { route: 'POST /carts/{id}/checkout', of, path: (m) => `${cart(m)}/checkout`, body: purchase, expected: own(201) },
  ];
});

const ORDERS: readonly Row[] = (['buyer', 'guest'] as const).flatMap((owner): readonly Row[] => {
  const buyers = owner === 'buyer';
  const order = (m: Marketplace): string => `/orders/${m.orders[owner].orderId}`;
  const paid = (m: Marketplace): string => `/payments/${m.orders[owner].paymentId}`;
  const guest = (m: Marketplace): As => m.guestWhoBought;
  const of = `the ${owner}’s`;
  return [
    { route: 'GET /orders/{id}', of, guest, path: order, expected: buyers ? BUYERS_ORDER : GUESTS_ORDER },
    {
      route: 'GET /orders/{id}/events',
      of,
      guest,
      path: (m) => `${order(m)}/events`,
      expected: buyers ? BUYERS_ORDER : GUESTS_ORDER,
    },
    { route: 'GET /payments/{id}', of, guest, path: paid, expected: buyers ? BUYERS_PAYMENT : GUESTS_PAYMENT },
    {
      route: 'POST /payments/{id}/challenge',
      of,
      guest,
      path: (m) => `${paid(m)}/challenge`,
      body: () => ({ outcome: 'pass' }),
      // 409: the payment was not challenged.
      expected: buyers ? '401 404 409 404 404 404 403 404 404 403' : '401 409 404 404 404 404 403 404 404 403',
    },
    {
      route: 'POST /orders/{id}/cancel',
      of,
      guest,
      path: (m) => `${order(m)}/cancel`,
      expected: buyers ? BUYERS_CANCEL : GUESTS_CANCEL,
    },
  ];
});

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
