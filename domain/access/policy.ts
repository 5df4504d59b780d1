/** Who may call what, and on whose resource: one table for both APIs, deny by default. */

/** Structural: the HTTP kit's caller fits, and this file needs to know nothing of HTTP. */
export type Subject = {
  readonly caller:
    | { readonly kind: 'user'; readonly userId: string; readonly roles: readonly string[] }
    | { readonly kind: 'guest'; readonly tokenHash: string }
    | { readonly kind: 'anonymous' };
  /** SHA-256 in hex of the cart token in hand, also of a signed-in caller. */
  readonly cartTokenHash: string | undefined;
};

/** Whose a resource is. What is left out is nobody's. */
export type OwnerFacts = {
  /** The account itself, or the buyer of a cart, order or payment. */
  readonly userId?: string | null;
  /** SHA-256 in hex of the token of the guest's cart, also of the order that came of it. */
  readonly cartTokenHash?: string | null;
  /** Accounts of the sellers concerned. */
  readonly sellerUserIds?: readonly string[];
  /** Anybody may see it: a published product, an approved seller. */
  readonly public?: boolean;
};

/** Needs no resource. */
type Standing = 'anyone' | 'signedIn' | 'proved' | 'staff' | 'admin' | 'history' | 'ops';
/** Needs to know whose the resource is. */
type Relation = 'self' | 'tokenHolder' | 'seller' | 'ifPublic';
type Who = Standing | Relation;

/** What kind of owner facts a rule needs. */
export type ResourceKind = 'user' | 'seller' | 'product' | 'inventory' | 'cart' | 'order' | 'payment';

export type Rule = {
  readonly may: readonly Who[];
  /** Who sees the resource without being allowed this: 403 instead of 404. */
  readonly sees?: readonly Who[];
  readonly on?: ResourceKind;
  /** The handler judges by the row it reads anyway, instead of a look-up before it. */
  readonly byRow?: true;
  /** Credentials are not looked at. */
  readonly ignoresCredentials?: true;
};

const open: Rule = { may: ['anyone'] };
const signIn: Rule = { may: ['anyone'], ignoresCredentials: true };
const staffOnly: Rule = { may: ['staff'] };
const adminOnly: Rule = { may: ['admin'] };
const history: Rule = { may: ['history'] };
const opsOnly: Rule = { may: ['ops'] };
const ownProduct: Rule = { may: ['seller'], sees: ['ifPublic', 'staff'], on: 'product' };
const ownSales: Rule = { may: ['seller', 'staff'], on: 'seller', byRow: true };
const ownCart: Rule = { may: ['self', 'tokenHolder'], on: 'cart' };
const orderParty: Rule = { may: ['self', 'tokenHolder', 'seller', 'staff'], on: 'order' };

/** By method and path; the names of path parameters do not matter. */
export const ACCESS_RULES: Readonly<Record<string, Rule>> = {
  'GET /health/live': signIn,
  'GET /health/ready': signIn,
  'GET /metrics': signIn,
  'GET /openapi.json': signIn,

  'POST /auth/signup': signIn,
  'POST /auth/login': signIn,
  'POST /auth/refresh': signIn,
  'POST /auth/logout': signIn,
  'POST /stream-tickets': { may: ['proved'] },

  'GET /users/{id}': { may: ['self', 'staff'], on: 'user' },
  'PATCH /users/{id}': { may: ['self', 'staff'], on: 'user' },
  'PUT /users/{id}/roles/{role}': adminOnly,
  'DELETE /users/{id}/roles/{role}': adminOnly,

  'POST /sellers': { may: ['signedIn'] },
  'GET /sellers/{id}': { may: ['ifPublic', 'seller', 'staff'], on: 'seller', byRow: true },
  'PATCH /sellers/{id}': { may: ['seller', 'staff'], sees: ['ifPublic'], on: 'seller' },
  'POST /sellers/{id}/approve': staffOnly,
  'POST /sellers/{id}/suspend': staffOnly,

  'GET /sellers/{id}/analytics/sales': ownSales,
  'GET /sellers/{id}/analytics/live': ownSales,
  'GET /sellers/{id}/analytics/products': ownSales,
  'GET /sellers/{id}/analytics/orders': ownSales,
  'GET /sellers/{id}/analytics/inventory': ownSales,
  'GET /sellers/{id}/analytics/customers': ownSales,

  'GET /categories': open,
  'GET /categories/{id}': open,
  'POST /categories': staffOnly,
  'PATCH /categories/{id}': staffOnly,

  'GET /products': open,
  'GET /search/suggest': open,
  'POST /products': { may: ['signedIn'] },
  'GET /products/{id}': { may: ['ifPublic', 'seller', 'staff'], on: 'product', byRow: true },
  'PATCH /products/{id}': ownProduct,
  'POST /products/{id}/publish': ownProduct,
  'POST /products/{id}/archive': ownProduct,
  'POST /products/{id}/variants': ownProduct,
  'PATCH /products/{id}/variants/{variantId}': ownProduct,
  'POST /products/{id}/images': ownProduct,

  'GET /inventory/{variantId}': { may: ['seller', 'staff'], on: 'inventory' },
  'POST /inventory/{variantId}/receipts': { may: ['seller'], sees: ['staff'], on: 'inventory' },
  'POST /inventory/{variantId}/adjustments': { may: ['seller'], sees: ['staff'], on: 'inventory' },

  'POST /carts': open,
  'GET /carts/{id}': { ...ownCart, byRow: true },
  'POST /carts/{id}/items': ownCart,
  'PATCH /carts/{id}/items/{variantId}': ownCart,
  'DELETE /carts/{id}/items/{variantId}': ownCart,
  'POST /carts/{id}/merge': ownCart,
  'POST /carts/{id}/checkout': ownCart,

  'GET /orders': { may: ['proved'] },
  'GET /orders/{id}': orderParty,
  'GET /orders/{id}/events': orderParty,
  'POST /orders/{id}/cancel': { may: ['self', 'tokenHolder', 'staff'], sees: ['seller'], on: 'order' },

  'GET /payments/{id}': { may: ['self', 'tokenHolder', 'staff'], on: 'payment' },
  'POST /payments/{id}/challenge': { may: ['self', 'tokenHolder'], sees: ['staff'], on: 'payment' },
  'POST /webhooks/payments/{gateway}': signIn,

  'GET /admin/projections': history,
  'GET /admin/events': history,
  'GET /admin/events/stream': history,
  'GET /admin/streams/{stream}': history,
  'GET /admin/parked': history,
  'GET /admin/verifications': history,
  'GET /admin/audit': history,
  'POST /admin/projections/{name}/rebuild': opsOnly,
  'POST /admin/projections/{name}/verify': opsOnly,
  'POST /admin/projections/{name}/pause': opsOnly,
  'POST /admin/projections/{name}/resume': opsOnly,
  'POST /admin/projections/{name}/swap-back': opsOnly,
  'POST /admin/projections/{name}/drop-previous': opsOnly,
  'POST /admin/parked/{id}/retry': opsOnly,
  'POST /admin/parked/{id}/skip': opsOnly,
};
