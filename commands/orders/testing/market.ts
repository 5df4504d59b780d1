/** A small market for tests of the checkout: products with stock, carts with items, buyers who pay. */
import { cartDecider } from '../../../domain/carts/decide.ts';
import { inventoryDecider } from '../../../domain/inventory/decide.ts';
import { availableOf } from '../../../domain/inventory/state.ts';
import { money } from '../../../domain/money.ts';
import { orderDecider } from '../../../domain/orders/decide.ts';
import { paymentDecider } from '../../../domain/payments/decide.ts';
import { productDecider } from '../../../domain/products/decide.ts';
import { isRejection, type Rejection } from '../../../domain/rejection.ts';
import { sellerDecider } from '../../../domain/sellers/decide.ts';
import { newId } from '../../../platform/ids.ts';
import type { CommandContext } from '../../runtime/types.ts';
import type { Shop } from '../../shop.ts';
import { type CheckedOut, type CheckOutInput, checkOut } from '../check-out.ts';

export type Listed = { readonly productId: string; readonly variantId: string; readonly sellerId: string };
export type Filled = { readonly cartId: string; readonly userId: string };

export const PRICE = 1_000;

export const ADDRESS = { name: 'Ada', line1: '1 Main St', city: 'Austin', postalCode: '78701', country: 'US' };

/** A new command, asked for now. */
export function command(shop: Shop, actor = 'user:test'): CommandContext {
  const commandId = newId();
  return { commandId, issuedAt: shop.now(), actor, correlationId: commandId };
}

/** What must not have been refused. */
export function accepted<T>(result: T | Rejection): T {
  if (isRejection(result)) throw new Error(`refused: ${result.code}: ${result.detail}`);
  return result;
}

/** A published product of an approved seller, with one variant and this stock. */
export async function listProduct(shop: Shop, stock: number, price = PRICE): Promise<Listed> {
  const [sellerId, productId, variantId] = [newId(), newId(), newId()];
  const { runtime } = shop;
  const apply = { type: 'ApplyAsSeller', sellerId, userId: newId(), name: 'Shop' } as const;
  accepted(await runtime.handle(sellerDecider, sellerId, apply, command(shop)));
  accepted(await runtime.handle(sellerDecider, sellerId, { type: 'ApproveSeller', sellerId }, command(shop)));
  const listing = { name: 'Thing', description: '', brand: 'Acme', categoryId: newId(), popularity: 0, publish: true };
  const variants = [{ variantId, sku: null, options: {}, price: money(price, 'USD') }];
  const draft = { ...listing, type: 'DraftProduct', productId, sellerId, specifications: [], images: [] } as const;
  accepted(await runtime.handle(productDecider, productId, { ...draft, variants }, command(shop)));
  if (stock > 0) {
    const receive = { type: 'ReceiveStock', variantId, productId, sellerId, sku: null, quantity: stock } as const;
    accepted(await runtime.handle(inventoryDecider, variantId, receive, command(shop)));
  }
  return { productId, variantId, sellerId };
}

/** A buyer's cart with one of each product, or so many. */
export async function fillCart(shop: Shop, products: readonly Listed[], quantity = 1): Promise<Filled> {
  const [cartId, userId] = [newId(), newId()];
  const open = { type: 'OpenCart', cartId, buyerId: userId, cartTokenHash: null } as const;
  accepted(await shop.runtime.handle(cartDecider, cartId, open, command(shop)));
  for (const { productId, variantId } of products) {
    const line = { productId, variantId, quantity, unitPrice: money(PRICE, 'USD') };
    accepted(await shop.runtime.handle(cartDecider, cartId, { type: 'AddItem', cartId, line }, command(shop)));
  }
  return { cartId, userId };
}

/** Checks a cart out with a card. */
export function buy(
  shop: Shop,
  cart: Filled,
  token = 'tok_visa',
  more: Partial<CheckOutInput> & { readonly context?: CommandContext } = {},
): Promise<CheckedOut | Rejection> {
  const { context = command(shop), ...input } = more;
  const who = { cartId: cart.cartId, userId: cart.userId, cartTokenHash: null };
  const payment = { method: 'card', token } as const;
  return checkOut(shop, { ...who, email: 'ada@example.com', shippingAddress: ADDRESS, payment, ...input }, context);
}

/** What the streams of an order say now. */
export async function look(shop: Shop, orderId: string) {
  const { state: order } = await shop.runtime.load(orderDecider, orderId, { fresh: true });
  const terms = 'terms' in order ? order.terms : null;
  const payment = terms && (await shop.runtime.load(paymentDecider, terms.payment.paymentId, { fresh: true })).state;
  return { order, payment, paymentId: terms?.payment.paymentId ?? '' };
}

/** On hand, reserved and available of a variant. */
export async function stockOf(shop: Shop, variantId: string) {
  const { state } = await shop.runtime.load(inventoryDecider, variantId, { fresh: true });
  return { onHand: state.onHand, reserved: state.reserved, available: availableOf(state) };
}

/** `open`, `checked_out` … */
export async function cartStatus(shop: Shop, cartId: string): Promise<string> {
  return (await shop.runtime.load(cartDecider, cartId, { fresh: true })).state.status;
}
