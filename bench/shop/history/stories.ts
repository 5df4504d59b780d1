/** What shoppers and sellers do, each as a row of moments, in the order and with the events that the shop writes. */
import { createHash } from 'node:crypto';
import { type Told, told, usd } from '../../../projections/testing/story.ts';
import { type Ending, purchase } from './purchase.ts';
import { type Buyer, CLOSED, DAY, type Item, type Moment, type Shopper, type World } from './world.ts';

export type Story = { readonly moments: readonly Moment[]; readonly ending?: Ending | 'left' };

/** Somebody does something: mostly a shopper with a cart, now and then a seller. */
export function nextStory(world: World, at: number): Story {
  if (world.chance(4)) return { moments: [sellersDeed(world, at)] };
  const moments: Moment[] = [];
  const buyer = world.chance(60) ? buyerOf(world, at, moments) : undefined;
  const clock = { at: at + 1_000 };
  const cart = filled(world, clock, { buyer, moments });
  if (world.chance(25)) {
    // Nobody comes back for it: the shop closes a guest's cart some time later.
    if (!buyer) moments.push(abandoned(cart, clock.at + 30 * DAY, null));
    return { moments, ending: 'left' };
  }
  const { moments: bought, ending } = purchase(world, cart, cart.items, clock.at + 20_000);
  return { moments: [...moments, ...bought], ending };
}

/** Somebody who has an account, or makes one now. */
function buyerOf(world: World, at: number, moments: Moment[]): Buyer {
  if (world.buyers.length > 0 && !world.chance(15)) return world.random.pick(world.buyers);
  const userId = world.id(at);
  const n = world.buyers.length;
  const buyer = { userId, email: `buyer${n}@example.com`, name: `Buyer ${n}` };
  const emailKey = world.emailKey(buyer.email);
  const validUntil = new Date(at + 60_000).toISOString();
  const actor = `user:${userId}`;
  const [email, name] = [world.seal(userId, buyer.email), world.seal(userId, buyer.name)];
  const passwordHash = world.seal(userId, '$argon2id$v=19$m=19456,t=2,p=1$bm90IGEgaGFzaA$bm90IGEgaGFzaA');
  const registered = told(`user-${userId}`, 'UserRegistered', { userId, emailKey, email, name, passwordHash });
  moments.push(
    { at, actor, events: [told(`email-${emailKey}`, 'EmailClaimed', { emailKey, userId, validUntil })] },
    { at: at + 5, actor, events: [registered] },
  );
  world.buyers.push(buyer);
  return buyer;
}

type Clock = { at: number };
type Filling = { readonly buyer: Buyer | undefined; readonly moments: Moment[] };
type Cart = Shopper & { readonly items: readonly Item[] };

/** A cart with some lines; some of them changed their mind, some filled it before they logged in. */
function filled(world: World, clock: Clock, { buyer, moments }: Filling): Cart {
  const before = buyer && world.chance(10) ? filled(world, clock, { buyer: undefined, moments }) : undefined;
  const cart = opened(world, clock, { buyer, moments });
  const items = new Map(before?.items.map((item) => [item.variant.variantId, item]));
  if (before) {
    moments.push(abandoned(before, clock.at, cart.cartId));
    const lines = before.items.map(({ line }) => line);
    const merged = { cartId: cart.cartId, fromCartId: before.cartId, lines };
    moments.push(happened(world, clock, cart, told(`cart-${cart.cartId}`, 'CartMerged', merged)));
  }
  for (let count = 1 + world.random.below(5); count > 0; count--) addItem(world, clock, { cart, items, moments });
  return { ...cart, items: [...items.values()] };
}

function opened(world: World, clock: Clock, { buyer, moments }: Filling): Shopper {
  const cartId = world.id(clock.at);
  const cartTokenHash = buyer ? null : createHash('sha256').update(cartId).digest('hex');
  const actor = buyer ? `user:${buyer.userId}` : `guest:${cartId}`;
  const cart = { cartId, buyer, cartTokenHash, actor };
  const open = { cartId, buyerId: buyer?.userId ?? null, cartTokenHash };
  moments.push(happened(world, clock, cart, told(`cart-${cartId}`, 'CartOpened', open)));
  return cart;
}

type Adding = { readonly cart: Shopper; readonly items: Map<string, Item>; readonly moments: Moment[] };

function addItem(world: World, clock: Clock, { cart, items, moments }: Adding): void {
  const { cartId } = cart;
  const stream = `cart-${cartId}`;
  const variant = world.variant();
  const { variantId, productId } = variant;
  const unitPrice = usd(variant.price);
  const happen = (event: Told) => moments.push(happened(world, clock, cart, event));
  const quantity = 1 + world.random.below(3);
  const known = items.get(variantId)?.line.quantity ?? 0;
  const line = { variantId, productId, quantity: known + quantity, unitPrice };
  happen(told(stream, 'ItemAdded', { cartId, quantity, line }));
  items.set(variantId, { variant, line });
  if (items.size > 1 && world.chance(12)) {
    happen(told(stream, 'ItemRemoved', { cartId, variantId }));
    items.delete(variantId);
  } else if (world.chance(15)) {
    const changed = { ...line, quantity: line.quantity + 1 };
    happen(told(stream, 'QuantityChanged', { cartId, variantId, quantity: changed.quantity, unitPrice }));
    items.set(variantId, { variant, line: changed });
  }
}

/** The next thing this shopper does, some seconds to a minute after the one before. */
function happened(world: World, clock: Clock, { actor }: Shopper, event: Told): Moment {
  clock.at += 2_000 + world.random.below(60_000);
  return { at: clock.at, actor, events: [event] };
}

function abandoned({ cartId, actor }: Shopper, at: number, mergedInto: string | null): Moment {
  const reason = mergedInto === null ? 'expired' : 'merged';
  const by = mergedInto === null ? 'process:expire-guest-cart' : actor;
  return { at, actor: by, events: [told(`cart-${cartId}`, 'CartAbandoned', { cartId, reason, mergedInto })] };
}

/** A new price, a better text, or more of it. */
function sellersDeed(world: World, at: number): Moment {
  const variant = world.variant();
  const { variantId, productId, sellerId, sku } = variant;
  const of = (event: Told): Moment => ({ at, actor: `user:${sellerId}`, events: [event] });
  if (world.chance(40)) {
    const price = Math.max(100, Math.round(variant.price * (0.8 + world.random.next() * 0.4)));
    world.tonight.push(() => {
      variant.price = price;
    });
    const repriced = told(`product-${productId}`, 'VariantRepriced', { productId, variantId, price: usd(price) });
    return { ...of(repriced), at: at - (at % DAY) + CLOSED };
  }
  if (world.chance(40)) {
    const description = `Now better than ever, as of ${new Date(at).toISOString().slice(0, 10)}.`;
    return of(told(`product-${productId}`, 'ProductRevised', { productId, description }));
  }
  const received = { variantId, productId, sellerId, sku, quantity: 1 + world.random.below(50) };
  if (!variant.soldOut) return of(told(`inventory-${variantId}`, 'StockReceived', received));
  return of(told(`product-${productId}`, 'ProductRevised', { productId, popularity: world.random.below(20_000) }));
}
