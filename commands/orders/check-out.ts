/** From a cart to an order: quick refusals first, then the cart is the order's, then the process runs as far as it can. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cartDecider } from '../../domain/carts/decide.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { later } from '../../domain/instant.ts';
import type { Money } from '../../domain/money.ts';
import type { Address, OrderTerms, PaymentMethod } from '../../domain/orders/events.ts';
import { type OrderStanding, orderStanding } from '../../domain/orders/standing.ts';
import { isRejection, type Rejection, reject } from '../../domain/rejection.ts';
import type { Sealed } from '../../domain/sealed.ts';
import { userDecider } from '../../domain/users/decide.ts';
import { latest, type Position } from '../../event-store/port.ts';
import { derivedId } from '../../platform/ids.ts';
import { notFound } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { isTellable } from './checkout-states.ts';
import { draftQuote } from './draft-quote.ts';
import { type LoadedCheckout, loadCheckout } from './load-checkout.ts';
import { orderNumber } from './order-number.ts';
import { type RanCheckout, runCheckout, StepRefused } from './run-checkout.ts';

export type CheckOutInput = {
  readonly cartId: string;
  /** Who asks: the cart must be theirs. */
  readonly userId: string | null;
  readonly cartTokenHash: string | null;
  /** Guests must give one; others are written to at their account's. */
  readonly email?: string | undefined;
  readonly shippingAddress: Address;
  readonly shippingOptionId?: string | undefined;
  readonly payment: { readonly method: PaymentMethod; readonly token?: string | undefined };
  readonly acceptTotal?: Money | undefined;
  /** How long to wait for the order's end, in seconds (5, at most 30). */
  readonly waitS?: number | undefined;
};

export type CheckedOut = {
  /** 201: confirmed, rejected, or an action is needed; 202: still under way. */
  readonly status: 201 | 202;
  readonly body: OrderStanding;
  readonly position: Position | null;
};

/** How often the order is looked at while another process or the gateway carries it on. */
const LOOK_EVERY_MS = 150;

/** Checks a cart out; repeated with the same context it goes on with the same order. */
export async function checkOut(
  shop: Shop,
  input: CheckOutInput,
  context: CommandContext,
): Promise<CheckedOut | Rejection> {
  const orderId = derivedId(context.issuedAt, context.commandId, 'order');
  const giveUpAt = Date.now() + Math.min(input.waitS ?? 5, 30) * 1_000;
  const cart = await ownCart(shop, input);
  if (isRejection(cart)) return cart;
  const taken = cart.lastOrderId === orderId ? 'before' : await takeCart(shop, input, { ...context, orderId });
  if (isRejection(taken)) return taken;
  const { correlationId } = context;
  const isNew = taken === 'now';
  const ran = await carryOn(shop, { orderId, cartId: input.cartId, isNew, giveUpAt, correlationId });
  // The rest (sell what is reserved, take the money, give back) needs nobody to wait for it.
  shop.background.run(`checkout of order ${orderId}`, () => runCheckout(shop, ran, { correlationId }));
  return { status: isTellable(ran.states) ? 201 : 202, body: orderStanding(ran.states), position: ran.position };
}

async function ownCart(shop: Shop, { cartId, userId, cartTokenHash }: CheckOutInput): Promise<Cart | Rejection> {
  const { state: cart } = await shop.runtime.load(cartDecider, cartId);
  const owned =
    cart.status !== 'none' &&
    ((cart.buyerId !== null && cart.buyerId === userId) ||
      (cart.cartTokenHash !== null && cart.cartTokenHash === cartTokenHash));
  return owned ? cart : notFound('cart');
}

type Taking = CommandContext & { readonly orderId: string };

/** How often the cart may change between drawing up the terms and taking it before that is told to the buyer. */
const DRAFTS = 3;

/** Whether the cart became the order's by this call, or had been already. */
type Taken = 'now' | 'before';

/** Draws up the terms and makes the cart the order's. */
async function takeCart(shop: Shop, input: CheckOutInput, taking: Taking): Promise<Taken | Rejection> {
  const payment = payable(shop, input);
  if (payment) return payment;
  for (let drafts = 1; ; drafts++) {
    const { state: cart } = await shop.runtime.load(cartDecider, input.cartId, { fresh: drafts > 1 });
    if (cart.status === 'none') return notFound('cart');
    if (cart.lastOrderId === taking.orderId) return 'before';
    const taken = await takeOnce(shop, { ...input, cart }, taking);
    // Refused on a cart as it was: look again at the one there is. Only then it is an answer.
    if (!isRejection(taken) || drafts === DRAFTS || (drafts > 1 && taken.code !== 'cart_changed')) return taken;
  }
}

async function takeOnce(
  shop: Shop,
  input: CheckOutInput & { readonly cart: Cart },
  taking: Taking,
): Promise<Taken | Rejection> {
  const terms = await draftTerms(shop, input, taking);
  if (isRejection(terms)) return terms;
  const command = { type: 'CheckOut', cartId: input.cartId, terms } as const;
  const handled = await shop.runtime.handle(cartDecider, input.cartId, command, taking, { naturalKey: true });
  if (isRejection(handled)) return handled;
  return handled.repeated || handled.events.length === 0 ? 'before' : 'now';
}

function payable(shop: Shop, { payment }: CheckOutInput): Rejection | undefined {
  const gateway = shop.gateways[shop.gatewayOf[payment.method] ?? ''];
  if (!gateway) {
    const methods = Object.keys(shop.gatewayOf).join(', ');
    const detail = `Paying by ${payment.method} is not possible here: use ${methods}.`;
    return reject('payment_method_unavailable', detail, { kind: 'invalid', pointer: '/payment/method' });
  }
  if (payment.token !== undefined && gateway.accepts(payment.token)) return undefined;
  const detail = 'The payment gateway does not know this token: ask it for a new one.';
  return reject('invalid', detail, { kind: 'invalid', pointer: '/payment/token' });
}

async function draftTerms(
  shop: Shop,
  input: CheckOutInput & { readonly cart: Cart },
  { orderId, issuedAt }: Taking,
): Promise<OrderTerms | Rejection> {
  const { cart, shippingAddress, payment } = input;
  if (cart.status === 'checked_out') {
    const detail = 'This cart has been checked out already: look at its order.';
    return reject('already_checked_out', detail, { extra: { orderId: cart.lastOrderId } });
  }
  const person = cart.buyerId ?? cart.cartId;
  const email = await emailFor(shop, input);
  if (isRejection(email)) return email;
  const { shippingOptionId, acceptTotal } = input;
  const { country } = shippingAddress;
  const quote = await draftQuote(shop, { cart, orderId, country, shippingOptionId, acceptTotal });
  if (isRejection(quote)) return quote;
  // The first makes a guest's key; the others then find it without asking.
  const sealedEmail = await shop.keys.seal(person, email);
  const address = await shop.keys.seal(person, shippingAddress);
  const token = await shop.keys.seal(person, payment.token ?? '');
  return {
    orderId,
    number: orderNumber(orderId),
    cartId: cart.cartId,
    buyerId: cart.buyerId,
    cartTokenHash: cart.cartTokenHash,
    email: sealedEmail as Sealed<string>,
    shippingAddress: address as Sealed<Address>,
    quote,
    payment: {
      paymentId: derivedId(issuedAt, orderId, 'payment'),
      method: payment.method,
      token: token as Sealed<string>,
    },
    placedAt: issuedAt,
    deadline: later(issuedAt, shop.checkoutDeadlineS * 1_000),
  };
}

async function emailFor(shop: Shop, input: CheckOutInput & { readonly cart: Cart }): Promise<string | Rejection> {
  if (input.email !== undefined) return input.email;
  const userId = input.cart.buyerId ?? input.userId;
  const { state: user } = userId === null ? { state: undefined } : await shop.runtime.load(userDecider, userId);
  const email = user?.status === 'registered' ? await shop.keys.open(user.email) : undefined;
  if (typeof email === 'string') return email;
  const detail = 'Say which e-mail address the order is to be confirmed to.';
  return reject('invalid', detail, { kind: 'invalid', pointer: '/email' });
}

type Carry = {
  readonly orderId: string;
  readonly cartId: string;
  /** The cart was taken a moment ago. */
  readonly isNew: boolean;
  /** Milliseconds since 1970. */
  readonly giveUpAt: number;
  readonly correlationId: string;
};

/** Runs the process until there is something to tell, or the time is over. */
async function carryOn(shop: Shop, carry: Carry): Promise<RanCheckout> {
  let before: RanCheckout | undefined;
  for (;;) {
    const loaded = await loadForRun(shop, carry, before);
    const ran = await runOrLeave(shop, loaded, carry);
    before = { ...ran, position: latest(before?.position ?? null, ran.position) };
    if (isTellable(ran.states) || Date.now() >= carry.giveUpAt) return before;
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, carry.giveUpAt - Date.now())));
  }
}

/** By the cart until the order is there; but the cart may be another order's by now. */
async function loadForRun(shop: Shop, carry: Carry, before: RanCheckout | undefined): Promise<LoadedCheckout> {
  const { orderId, cartId } = carry;
  const isPlaced = before !== undefined && before.states.order.status !== 'none';
  const isNew = carry.isNew && before === undefined;
  const byCart = isPlaced ? undefined : await loadCheckout(shop, { cartId }, { isNew });
  const loaded = byCart?.states.orderId === orderId ? byCart : await loadCheckout(shop, { orderId });
  if (!loaded) throw new Error(`order ${orderId} cannot be read`);
  return loaded;
}

/** A step that is refused in passing is no fault of the buyer's request: the next look finds how things stand. */
async function runOrLeave(shop: Shop, loaded: LoadedCheckout, { correlationId }: Carry): Promise<RanCheckout> {
  try {
    return await runCheckout(shop, loaded, { correlationId, until: isTellable });
  } catch (error) {
    if (error instanceof StepRefused) return { ...loaded, wakeAt: null };
    throw error;
  }
}
