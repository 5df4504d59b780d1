/** One of everything that belongs to somebody, and one caller of each kind: for who may do what. */
import type { As } from './client.ts';
import { addCategory, logInAdmin, openSeller, type Person, productBody, sell, signUp } from './people.ts';
import type { StartedShop } from './start-test-shop.ts';

/** `rival` sells something else; `other` has nothing. */
export const CALLERS = [
  'nobody',
  'guest',
  'buyer',
  'other',
  'seller',
  'rival',
  'support',
  'analyst',
  'ops',
  'admin',
] as const;
export type CallerName = (typeof CALLERS)[number];

const ADDRESS = { name: 'A', line1: '1 High St', city: 'Springfield', postalCode: '12345', country: 'US' };

type Owner = 'buyer' | 'guest';
type Bought = { readonly orderId: string; readonly paymentId: string };
type GuestCart = { readonly cartId: string; readonly cartToken: string };

export type Marketplace = {
  /** The guest with the token of the open cart. */
  readonly callers: Readonly<Record<CallerName, As>>;
  /** The guest with the token of the cart that became an order. */
  readonly guestWhoBought: As;
  /** The administrator's address and password. */
  readonly admin: StartedShop['admin'];
  readonly buyerId: string;
  /** An account that calls nothing. */
  readonly nobodyId: string;
  readonly sellerId: string;
  /** Has applied, and is not approved. */
  readonly applicantId: string;
  readonly categoryId: string;
  /** Published, all of `seller`. */
  readonly productId: string;
  readonly spareId: string;
  readonly variantId: string;
  readonly draftId: string;
  /** Open carts. */
  readonly carts: Readonly<Record<Owner, string>>;
  /** Guests' carts for each to take in. */
  readonly offered: Readonly<Record<Owner, { readonly fromCartId: string; readonly cartToken: string }>>;
  readonly orders: Readonly<Record<Owner, Bought>>;
  /** Of as many sessions; each may be used up once. */
  readonly freshRefreshTokens: string[];
};

export async function openMarketplace(shop: StartedShop): Promise<Marketplace> {
  const admin = await logInAdmin(shop);
  const [seller, rival] = [await openSeller(shop, admin), await openSeller(shop, admin)];
  const categoryId = await addCategory(shop, admin);
  const { product, variantId } = await sell(shop, { seller, categoryId, stock: 50 });
  const spare = await shop.done('POST /products', { as: seller, body: productBody(categoryId) });
  const draft = await shop.done('POST /products', { as: seller, body: productBody(categoryId, { publish: false }) });
  const applicant = await signUp(shop);
  const { sellerId: applicantId } = await shop.done('POST /sellers', { as: applicant, body: { name: 'Soon' } });
  const [buyer, other] = [await signUp(shop), await signUp(shop)];
  const [guest, guestWhoBought] = [await fillCart(shop, {}, variantId), await fillCart(shop, {}, variantId)];
  const [open, paid] = [await fillCart(shop, buyer, variantId), await fillCart(shop, buyer, variantId)];
  const nobody = await signUp(shop);
  return {
    callers: {
      nobody: {},
      guest: { cartToken: guest.cartToken },
      buyer,
      other,
      seller,
      rival,
      support: await withRole(shop, admin, 'support'),
      analyst: await withRole(shop, admin, 'analyst'),
      ops: await withRole(shop, admin, 'ops'),
      admin,
    },
    guestWhoBought: { cartToken: guestWhoBought.cartToken },
    admin: shop.admin,
    buyerId: buyer.userId,
    nobodyId: nobody.userId,
    sellerId: seller.sellerId,
    applicantId,
    categoryId,
    productId: product.productId,
    spareId: spare.productId,
    variantId,
    draftId: draft.productId,
    carts: { buyer: open.cartId, guest: guest.cartId },
    offered: { buyer: await offer(shop, variantId), guest: await offer(shop, variantId) },
    orders: {
      buyer: await buy(shop, buyer, paid.cartId),
      guest: await buy(shop, guestWhoBought, guestWhoBought.cartId),
    },
    freshRefreshTokens: await logInOften(shop, nobody),
  };
}

async function withRole(shop: StartedShop, admin: As, role: string): Promise<Person> {
  const person = await signUp(shop);
  await shop.done(`PUT /users/${person.userId}/roles/${role}`, { as: admin });
  return person;
}

/** With one unit; the token is a guest's. */
async function fillCart(shop: StartedShop, as: As, variantId: string): Promise<GuestCart> {
  const { cartId, cartToken } = await shop.done('POST /carts', { as, body: {} });
  const body = { variantId, quantity: 1 };
  await shop.done(`POST /carts/${cartId}/items`, { as: as.accessToken === undefined ? { cartToken } : as, body });
  return { cartId, cartToken };
}

async function offer(shop: StartedShop, variantId: string): Promise<Marketplace['offered'][Owner]> {
  const { cartId, cartToken } = await fillCart(shop, {}, variantId);
  return { fromCartId: cartId, cartToken };
}

/** Confirmed, and visible. */
async function buy(shop: StartedShop, as: As, cartId: string): Promise<Bought> {
  const body = { email: 'buyer@example.com', shippingAddress: ADDRESS, payment: { method: 'card', token: 'tok_visa' } };
  const headers = { 'idempotency-key': cartId };
  const reply = await shop.call(`POST /carts/${cartId}/checkout`, { as, body, headers });
  const { orderId } = reply.body;
  const seen = { 'souk-wait-for': reply.headers.get('souk-position') ?? '' };
  const { payments } = await shop.done(`GET /orders/${orderId}`, { as, headers: seen });
  return { orderId, paymentId: payments[0].paymentId };
}

async function logInOften(shop: StartedShop, { email, password }: Person): Promise<string[]> {
  const tokens: string[] = [];
  for (let n = 0; n < 2 * CALLERS.length; n++) {
    tokens.push((await shop.done('POST /auth/login', { body: { email, password } })).refreshToken);
  }
  return tokens;
}
