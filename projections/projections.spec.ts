/** What each projection makes of events, row by row; pure. */
import { describe, expect, it } from '@jest/globals';
import type { Sealed } from '../domain/sealed.ts';
import { newId } from '../platform/ids.ts';
import { allProjections } from './all.ts';
import { type CartRow, cartsProjection } from './carts/projection.ts';
import { categoriesOf, pathsOf, treeOf } from './categories/tree.ts';
import { type InventoryRow, inventoryProjection } from './inventory/projection.ts';
import { type OrderRow, ordersProjection } from './orders/projection.ts';
import { type PaymentRow, paymentsProjection } from './payments/projection.ts';
import { type ProductRow, productsProjection } from './products/projection.ts';
import { BadCursor, decodeCursor, encodeCursor } from './read.ts';
import type { Projection } from './runtime/types.ts';
import { type SellerRow, sellersProjection } from './sellers/projection.ts';
import { rowsOf } from './testing/projected.ts';
import { purchase } from './testing/purchase.ts';
import { approvedSeller, listing, type Told, told, usd } from './testing/story.ts';
import { type UserRow, usersProjection } from './users/projection.ts';
import { type VariantRow, variantsProjection } from './variants/projection.ts';

const [userId, sellerId, productId, variantId, orderId, categoryId] = [
  newId(),
  newId(),
  newId(),
  newId(),
  newId(),
  newId(),
];
/** Projections see values opened: here nothing was sealed. */
const open = async <T>(_person: string, plain: T) => plain as unknown as Sealed<T>;
const opened = <T>(plain: T) => plain as unknown as Sealed<T>;
const one = <R>(projection: unknown, events: readonly Told[], key: string) =>
  rowsOf<R>(projection as Projection, events).get(key);

it('names every table and every projection once', () => {
  expect(new Set(allProjections.map((projection) => projection.name)).size).toBe(allProjections.length);
  expect(new Set(allProjections.map((projection) => projection.table)).size).toBe(allProjections.length);
});

describe('users', () => {
  const stream = `user-${userId}`;
  const registered = told(stream, 'UserRegistered', {
    userId,
    emailKey: 'k',
    email: opened('a@example.com'),
    name: opened('Ada'),
    passwordHash: opened('hash'),
  });
  it('start as buyers; roles come and go once each', () => {
    const grant = told(stream, 'RoleGranted', { userId, role: 'seller' });
    const revoke = told(stream, 'RoleRevoked', { userId, role: 'buyer' });
    expect(one<UserRow>(usersProjection, [registered], userId)?.roles).toEqual(['buyer']);
    expect(one<UserRow>(usersProjection, [registered, grant, grant, revoke], userId)?.roles).toEqual(['seller']);
  });
  it('keep what a change leaves out, and lose a phone that is taken away', () => {
    const phone = told(stream, 'ProfileChanged', { userId, phone: opened('123') });
    const name = told(stream, 'ProfileChanged', { userId, name: opened('Eve') });
    const none = told(stream, 'ProfileChanged', { userId, phone: null });
    expect(one<UserRow>(usersProjection, [registered, phone, name], userId)).toMatchObject({
      name: 'Eve',
      phone: '123',
    });
    expect(one<UserRow>(usersProjection, [registered, phone, none], userId)).toMatchObject({
      name: 'Ada',
      phone: null,
    });
  });
  it('never come of a registration that was abandoned', () => {
    const abandoned = told(stream, 'RegistrationAbandoned', { userId, emailKey: 'k' });
    expect(one<UserRow>(usersProjection, [abandoned], userId)).toBeUndefined();
  });
  it('must exist before anything changes them', () => {
    expect(() => rowsOf(usersProjection as Projection, [told(stream, 'RoleGranted', { userId, role: 'ops' })])).toThrow(
      'RoleGranted finds no row',
    );
  });
});

describe('sellers', () => {
  it('are suspended and approved again, and keep what a change of profile leaves out', () => {
    const suspended = told(`seller-${sellerId}`, 'SellerSuspended', { sellerId });
    const changed = told(`seller-${sellerId}`, 'ShopProfileChanged', { sellerId, description: 'All of it' });
    const row = one<SellerRow>(sellersProjection, [...approvedSeller(sellerId), suspended, changed], sellerId);
    expect(row).toMatchObject({ status: 'suspended', name: 'Sound & Vision', description: 'All of it' });
    expect(row?.revision).toBe(3);
  });
});

describe('products and variants', () => {
  const listed = listing({ productId, variantId, sellerId, categoryId, name: 'Set', sku: 'A-1' });
  const stream = `product-${productId}`;
  it('take the fields a revision names, and leave the others', () => {
    const revised = told(stream, 'ProductRevised', { productId, brand: 'Other', categoryId: orderId });
    expect(one<ProductRow>(productsProjection, [...listed, revised], productId)).toMatchObject({
      name: 'Set',
      brand: 'Other',
      category_id: orderId,
      status: 'published',
    });
  });
  it('show a variant with its new price and SKU in both places', () => {
    const change = { productId, sellerId, variantId, sku: 'B-2', previousSku: 'A-1', options: { size: 'L' } };
    const events = [
      ...listed,
      told(stream, 'VariantRepriced', { productId, variantId, price: usd(5) }),
      told(stream, 'VariantRevised', change),
    ];
    const expected = { variantId, sku: 'B-2', options: { size: 'L' }, price: usd(5) };
    expect(one<ProductRow>(productsProjection, events, productId)?.variants).toEqual([expected]);
    expect(one<VariantRow>(variantsProjection, events, variantId)).toMatchObject({ sku: 'B-2', price_amount: 5 });
  });
  it('follow their stream with the revision through events that show nothing', () => {
    const abandoned = told(stream, 'SkuClaimAbandoned', { productId, variantId, sku: 'C-3' });
    expect(one<ProductRow>(productsProjection, [...listed, abandoned], productId)?.revision).toBe(3);
    expect(one<ProductRow>(productsProjection, [abandoned, ...listed], productId)?.revision).toBe(3);
  });
});

describe('inventory', () => {
  const stream = `inventory-${variantId}`;
  const received = told(stream, 'StockReceived', { variantId, productId, sellerId, sku: null, quantity: 10 });
  const part = { variantId, orderId, quantity: 3 };
  const released = { ...part, validUntil: new Date().toISOString() };
  it('counts what is reserved, sold and returned', () => {
    const reserved = told(stream, 'StockReserved', part);
    const sold = told(stream, 'ReservationCommitted', part);
    const back = told(stream, 'StockReturned', part);
    const at = (events: Told[]) => one<InventoryRow>(inventoryProjection, events, variantId);
    expect(at([received, reserved])).toMatchObject({ on_hand: 10, reserved: 3, sold: 0 });
    expect(at([received, reserved, sold])).toMatchObject({ on_hand: 7, reserved: 0, sold: 3 });
    expect(at([received, reserved, sold, back])).toMatchObject({ on_hand: 10, reserved: 0, sold: 0 });
    expect(at([received, reserved, told(stream, 'ReservationReleased', released)])).toMatchObject({
      on_hand: 10,
      reserved: 0,
    });
  });
  it('takes a tombstone before any stock, and refuses a reservation of nothing', () => {
    const tombstone = told(stream, 'ReservationReleased', { ...released, quantity: 0 });
    expect(one<InventoryRow>(inventoryProjection, [tombstone, received], variantId)).toMatchObject({
      on_hand: 10,
      revision: 1,
    });
    expect(() => rowsOf(inventoryProjection as Projection, [told(stream, 'StockReserved', part)])).toThrow(
      'finds no row',
    );
  });
});

describe('carts and orders', () => {
  const lines = [{ variantId, productId, sellerId, quantity: 2, unit: 100 }];
  const buyer = { buyerId: null, cartTokenHash: 'hash' };
  it('keep lines in the order they came in, each as it last was', async () => {
    const { cart, cartId } = await purchase(open, lines, buyer);
    const stream = `cart-${cartId}`;
    const second = { variantId: newId(), productId, quantity: 1, unitPrice: usd(7) };
    const rows = (events: Told[]) => one<CartRow>(cartsProjection, [...cart, ...events], cartId)?.lines;
    const added = told(stream, 'ItemAdded', { cartId, quantity: 1, line: second });
    const more = told(stream, 'ItemAdded', {
      cartId,
      quantity: 1,
      line: { variantId, productId, quantity: 3, unitPrice: usd(90) },
    });
    expect(rows([added, more])?.map((line) => line.quantity)).toEqual([3, 1]);
    const fewer = told(stream, 'QuantityChanged', { cartId, variantId, quantity: 1, unitPrice: usd(80) });
    expect(rows([added, fewer])?.[0]).toMatchObject({ quantity: 1, unitPrice: usd(80) });
    expect(rows([added, told(stream, 'ItemRemoved', { cartId, variantId })])).toEqual([second]);
  });
  it('give the cart back when the order is rejected, which may be its first event', async () => {
    const bought = await purchase(open, lines, buyer);
    const { cartId, orderId: id } = bought;
    const reason = { code: 'deadline_passed' as const, detail: 'too late' };
    const checkedOut = bought.placed.slice(0, 1);
    const ended = [
      told(`order-${id}`, 'OrderRejected', { orderId: id, cartId, reason }),
      told(`cart-${cartId}`, 'CartReopened', { cartId, orderId: id }),
    ];
    const events = [...bought.cart, ...checkedOut, ...ended];
    expect(one<CartRow>(cartsProjection, [...bought.cart, ...checkedOut], cartId)).toMatchObject({
      status: 'checked_out',
      order_id: id,
    });
    expect(one<CartRow>(cartsProjection, events, cartId)).toMatchObject({ status: 'open', order_id: null });
    expect(one<OrderRow>(ordersProjection, events, id)).toMatchObject({ status: 'rejected', reason, revision: 0 });
  });
  it('need an action only while the challenge is open, and keep their end whatever the payment does later', async () => {
    const bought = await purchase(open, lines, buyer);
    const { orderId: id, cartId, paymentId } = bought;
    const status = (events: readonly Told[]) => one<OrderRow>(ordersProjection, [...bought.placed, ...events], id);
    const ids = { paymentId, orderId: id };
    const reason = { code: 'no', detail: 'no' };
    const declined = told(`payment-${paymentId}`, 'PaymentDeclined', { ...ids, reason, challenged: true });
    expect(status([bought.challenged])).toMatchObject({
      status: 'action_required',
      action: { type: 'challenge', paymentId },
    });
    expect(status([bought.challenged, declined])).toMatchObject({ status: 'placed', action: null });
    const cancelled = told(`order-${id}`, 'OrderCancelled', {
      orderId: id,
      cartId,
      wasConfirmed: true,
      reason: { code: 'cancelled_by_buyer', detail: '' },
    });
    const row = status([...bought.confirmed, cancelled, ...refund(ids, 250), ...refund(ids, 450)]);
    expect(row).toMatchObject({ status: 'cancelled', payments: [{ status: 'refunded' }] });
  });
});

const refund = (ids: { paymentId: string; orderId: string }, amount: number): Told[] => {
  const stream = `payment-${ids.paymentId}`;
  const refundId = newId();
  return [
    told(stream, 'RefundRequested', { ...ids, refundId, attempt: 1, amount: usd(amount), reason: '' }),
    told(stream, 'RefundSettled', { ...ids, refundId, amount: usd(amount) }),
  ];
};

describe('payments', () => {
  it('are partly refunded until all that was captured went back', async () => {
    const bought = await purchase(open, [{ variantId, productId, sellerId, quantity: 2, unit: 100 }], {
      buyerId: null,
      cartTokenHash: 'h',
    });
    const ids = { paymentId: bought.paymentId, orderId: bought.orderId };
    const row = (events: Told[]) =>
      one<PaymentRow>(paymentsProjection, [...bought.placed, ...bought.confirmed, ...events], bought.paymentId);
    expect(row([])).toMatchObject({ status: 'captured', captured: 700, refunded: 0 });
    expect(row(refund(ids, 300))).toMatchObject({ status: 'partly_refunded', refunded: 300 });
    expect(row([...refund(ids, 300), ...refund(ids, 400)])).toMatchObject({ status: 'refunded', refunded: 700 });
  });
  it('that were closed before they were asked for are not shown', () => {
    const ids = { paymentId: userId, orderId };
    const voided = told(`payment-${userId}`, 'PaymentVoided', ids);
    expect(one<PaymentRow>(paymentsProjection, [voided], userId)).toBeUndefined();
  });
});

describe('the category tree', () => {
  const rows = [
    { category_id: 'c', parent_id: 'b', name: 'Over-ear', slug: '' },
    { category_id: 'b', parent_id: 'a', name: 'Headphones', slug: '' },
    { category_id: 'a', parent_id: null, name: 'Audio', slug: '' },
    { category_id: 'x', parent_id: 'a', name: 'Amps', slug: '' },
  ];
  it('has paths from the root, and sorts each level by name', () => {
    expect(pathsOf(rows).get('c')).toEqual(['a', 'b', 'c']);
    const tree = treeOf(categoriesOf(rows, new Map([['a', 4]])));
    expect(tree.map((node) => [node.name, node.productCount])).toEqual([['Audio', 4]]);
    expect(tree[0]?.children.map((node) => node.name)).toEqual(['Amps', 'Headphones']);
  });
  it('comes to an end also where rows make a circle for a moment', () => {
    const circle = [
      { category_id: 'p', parent_id: 'q', name: 'P', slug: '' },
      { category_id: 'q', parent_id: 'p', name: 'Q', slug: '' },
    ];
    expect([...pathsOf(circle).keys()].sort()).toEqual(['p', 'q']);
  });
});

describe('cursors', () => {
  it('come back as they were, and are refused when they are not of the list', () => {
    expect(decodeCursor(encodeCursor(['a', 1.5]), ['string', 'number'])).toEqual(['a', 1.5]);
    for (const bad of ['', 'x', encodeCursor(['a']), encodeCursor([1, 'a']), Buffer.from('{}').toString('base64url')]) {
      expect(() => decodeCursor(bad, ['string', 'number'])).toThrow(BadCursor);
    }
  });
});
