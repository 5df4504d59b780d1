/** Whose a resource is, from the streams themselves: what the access policy asks before a handler runs. */
import type { CommandRuntime } from '../commands/runtime/types.ts';
import { sellerIdOf } from '../commands/sellers/seller-id.ts';
import type { OwnerFacts, ResourceKind } from '../domain/access/policy.ts';
import { cartDecider } from '../domain/carts/decide.ts';
import type { Decider, EventLike } from '../domain/decider.ts';
import { inventoryDecider } from '../domain/inventory/decide.ts';
import { orderDecider } from '../domain/orders/decide.ts';
import { termsOf } from '../domain/orders/state.ts';
import { paymentDecider } from '../domain/payments/decide.ts';
import { productDecider } from '../domain/products/decide.ts';
import { sellerDecider } from '../domain/sellers/decide.ts';
import { userDecider } from '../domain/users/decide.ts';
import type { FactLoaders } from '../platform/http/access.ts';
import type { Caller } from '../platform/http/route.ts';

type Facts = OwnerFacts | undefined;

/** One loader for each kind of resource; parameters are named as the routes name them. Good for reads as well. */
export function ownerFacts(runtime: CommandRuntime): Record<ResourceKind, FactLoaders<OwnerFacts>[string]> {
  return {
    user: ({ userId = '' }, { caller }) => userFacts(runtime, userId === 'me' ? callerId(caller) : userId),
    seller: ({ sellerId = '' }, { caller }) =>
      sellerFacts(runtime, sellerId === 'me' ? sellerIdOf(callerId(caller)) : sellerId),
    product: ({ productId = '' }) => productFacts(runtime, productId),
    inventory: async ({ variantId = '' }) => {
      const stock = await known(runtime, inventoryDecider, variantId, ({ sellerId }) => sellerId !== null);
      return stock?.sellerId ? sellerFacts(runtime, stock.sellerId).then(asPrivate) : undefined;
    },
    cart: ({ cartId = '' }) => cartFacts(runtime, cartId),
    order: ({ orderId = '' }) => orderFacts(runtime, orderId),
    payment: async ({ paymentId = '' }) => {
      const payment = await known(runtime, paymentDecider, paymentId, exists);
      return payment && payment.status !== 'none' ? orderFacts(runtime, payment.orderId) : undefined;
    },
  };
}

async function cartFacts(runtime: CommandRuntime, cartId: string): Promise<Facts> {
  const cart = await known(runtime, cartDecider, cartId, exists);
  return cart && cart.status !== 'none' ? { userId: cart.buyerId, cartTokenHash: cart.cartTokenHash } : undefined;
}

async function userFacts(runtime: CommandRuntime, userId: string): Promise<Facts> {
  const user = await known(runtime, userDecider, userId, ({ status }) => status === 'registered');
  return user && { userId };
}

async function sellerFacts(runtime: CommandRuntime, sellerId: string): Promise<Facts> {
  const seller = await known(runtime, sellerDecider, sellerId, exists);
  if (!seller || seller.status === 'none') return undefined;
  return { sellerUserIds: [seller.userId], public: seller.status === 'approved' };
}

async function productFacts(runtime: CommandRuntime, productId: string): Promise<Facts> {
  const product = await known(runtime, productDecider, productId, exists);
  if (!product || product.status === 'none') return undefined;
  const seller = await sellerFacts(runtime, product.sellerId);
  return seller && { ...seller, public: seller.public === true && product.status === 'published' };
}

async function orderFacts(runtime: CommandRuntime, orderId: string): Promise<Facts> {
  const order = await known(runtime, orderDecider, orderId, exists);
  const terms = order && termsOf(order);
  // Rejected before it was placed, it has no terms of its own: it is its cart's owner's all the same.
  if (order?.status === 'rejected' && !terms) return cartFacts(runtime, order.cartId);
  if (!terms) return undefined;
  const sellerIds = [...new Set(terms.quote.lines.map(({ sellerId }) => sellerId))];
  const sellers = await Promise.all(sellerIds.map((sellerId) => sellerFacts(runtime, sellerId)));
  const sellerUserIds = sellers.flatMap((seller) => seller?.sellerUserIds ?? []);
  return { userId: terms.buyerId, cartTokenHash: terms.cartTokenHash, sellerUserIds };
}

/** That something is not there is said on the stream's tail only: it may have been made a moment ago, elsewhere. */
async function known<S, C, E extends EventLike>(
  runtime: CommandRuntime,
  decider: Decider<S, C, E>,
  id: string,
  isThere: (state: S) => boolean,
): Promise<S | undefined> {
  const { state } = await runtime.load(decider, id);
  if (isThere(state)) return state;
  const { state: now } = await runtime.load(decider, id, { fresh: true });
  return isThere(now) ? now : undefined;
}

function exists({ status }: { readonly status: string }): boolean {
  return status !== 'none';
}

function asPrivate(facts: Facts): Facts {
  return facts && { ...facts, public: false };
}

function callerId(caller: Caller): string {
  return caller.kind === 'user' ? caller.userId : '';
}
