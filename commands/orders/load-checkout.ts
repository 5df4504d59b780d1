/** Reads the states of every stream an order takes part in. */
import { cartDecider } from '../../domain/carts/decide.ts';
import { initialCart } from '../../domain/carts/state.ts';
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import { orderDecider } from '../../domain/orders/decide.ts';
import type { OrderTerms } from '../../domain/orders/events.ts';
import { initialOrder } from '../../domain/orders/state.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import { initialPayment } from '../../domain/payments/state.ts';
import { latest, type Position } from '../../event-store/port.ts';
import type { Shop } from '../shop.ts';
import type { CheckoutStates } from './checkout-states.ts';

/** Where the reading begins: the order, or the cart of an order that may not be there yet. */
export type CheckoutKey = { readonly orderId: string } | { readonly cartId: string };

export type LoadedCheckout = { readonly states: CheckoutStates; readonly position: Position | null };

type LoadOptions = {
  readonly fresh?: boolean;
  /** The cart was taken a moment ago: the order and its payment are not there yet, and nobody needs to look. */
  readonly isNew?: boolean;
};

/** Everything the process looks at; undefined where the cart is no order's. */
export async function loadCheckout(
  shop: Shop,
  key: CheckoutKey,
  options: LoadOptions = {},
): Promise<LoadedCheckout | undefined> {
  // Before the first read: what is taken on these states is valid for 30 s from here.
  const readAt = shop.now();
  if ('orderId' in key) return loadFrom(shop, { orderId: key.orderId, readAt, terms: null }, options);
  const { state: cart } = await shop.runtime.load(cartDecider, key.cartId, options);
  if (cart.status !== 'checked_out' || cart.terms === null) return undefined;
  return loadFrom(shop, { orderId: cart.terms.orderId, readAt, terms: cart.terms }, options);
}

type Start = { readonly orderId: string; readonly readAt: string; readonly terms: OrderTerms | null };

async function loadFrom(shop: Shop, { orderId, readAt, terms }: Start, options: LoadOptions): Promise<LoadedCheckout> {
  const order = options.isNew
    ? { state: initialOrder, position: null }
    : await shop.runtime.load(orderDecider, orderId, options);
  const cart = await loadCart(shop, { order: order.state, terms }, options);
  const held = 'terms' in cart.state && cart.state.terms?.orderId === orderId ? cart.state.terms : null;
  const known = ('terms' in order.state ? order.state.terms : null) ?? held;
  const payment = await loadPayment(shop, known, options);
  const stock = await loadStock(shop, known, options);
  const position = [order, cart, payment, ...stock.loaded].reduce<Position | null>(
    (highest, { position }) => latest(highest, position),
    null,
  );
  const states = { orderId, terms: known, cart: cart.state, order: order.state, payment: payment.state };
  return { states: { ...states, stock: stock.byVariant, readAt }, position };
}

type Rest<T> = { readonly state: T; readonly position: Position | null };

/** Only before an order is placed and after it was rejected does the cart matter. */
function loadCart(
  shop: Shop,
  { order, terms }: Pick<CheckoutStates, 'order' | 'terms'>,
  options: LoadOptions,
): Promise<Rest<CheckoutStates['cart']>> {
  const cartId = order.status === 'rejected' ? order.cartId : order.status === 'none' ? terms?.cartId : undefined;
  if (cartId === undefined) return Promise.resolve({ state: initialCart, position: null });
  return shop.runtime.load(cartDecider, cartId, options);
}

function loadPayment(
  shop: Shop,
  terms: OrderTerms | null,
  options: LoadOptions,
): Promise<Rest<CheckoutStates['payment']>> {
  if (terms === null || options.isNew) return Promise.resolve({ state: initialPayment, position: null });
  return shop.runtime.load(paymentDecider, terms.payment.paymentId, options);
}

async function loadStock(shop: Shop, terms: OrderTerms | null, options: LoadOptions) {
  const variantIds = terms?.quote.lines.map(({ variantId }) => variantId) ?? [];
  const loaded = await Promise.all(variantIds.map((id) => shop.runtime.load(inventoryDecider, id, options)));
  const byVariant = Object.fromEntries(variantIds.flatMap((id, i) => (loaded[i] ? [[id, loaded[i].state]] : [])));
  return { loaded, byVariant };
}
