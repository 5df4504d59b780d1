/** One marketplace through the log, the projections and the queries: what people get to see, shape by shape. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  cartResource,
  inventoryResource,
  orderResource,
  paymentResource,
  productResource,
  sellerResource,
  userResource,
} from '../domain/resources.ts';
import { newId } from '../platform/ids.ts';
import { allDerived, allProjections } from './all.ts';
import { findCart } from './carts/queries.ts';
import { findCategory, listCategories } from './categories/queries.ts';
import { findInventory } from './inventory/queries.ts';
import { findOrder, listOrders, orderForSeller } from './orders/queries.ts';
import { findPayment } from './payments/queries.ts';
import { findProduct } from './products/queries.ts';
import { findSeller, findSellerOfUser } from './sellers/queries.ts';
import { price } from './testing/price.ts';
import { ADDRESS, EMAIL, type Purchase, purchase } from './testing/purchase.ts';
import { approvedSeller, category, listing, type Told, told, usd } from './testing/story.ts';
import { createTestLog, type TestLog } from './testing/test-log.ts';
import { findUser } from './users/queries.ts';

const NAMES = [...allProjections, ...allDerived].map((model) => model.name);
const [sellerA, sellerB, buyerId] = [newId(), newId(), newId()];
const [audio, headphones] = [newId(), newId()];
const a = { productId: newId(), variantId: newId(), sellerId: sellerA };
const b = { productId: newId(), variantId: newId(), sellerId: sellerB };
let log: TestLog;
let bought: Purchase;

async function see(events: readonly Told[]): Promise<void> {
  const position = await log.tell(events);
  expect(await projections.waitFor(position, NAMES, 20_000)).toEqual({ ok: true });
}
let projections: ReturnType<TestLog['runtime']>;

beforeAll(async () => {
  log = await createTestLog();
  projections = log.runtime();
  await projections.start();
  const user = { userId: buyerId, emailKey: 'key', email: await log.seal(buyerId, EMAIL) };
  const secret = { name: await log.seal(buyerId, 'Ada'), passwordHash: await log.seal(buyerId, 'hash') };
  await see([
    told(`user-${buyerId}`, 'UserRegistered', { ...user, ...secret }),
    told(`user-${buyerId}`, 'RoleGranted', { userId: buyerId, role: 'seller' }),
    ...approvedSeller(sellerA, 'First'),
    ...approvedSeller(sellerB, 'Second'),
    category(audio, 'Audio'),
    category(headphones, 'Headphones', audio),
    ...listing({ ...a, categoryId: headphones, name: 'Sony MDR', stock: 10, image: 'https://x.example/a.jpg' }),
    ...listing({ ...b, categoryId: audio, name: 'Speaker', stock: 5 }),
  ]);
  const lines = [
    { ...a, quantity: 2, unit: 1_999 },
    { ...b, quantity: 1, unit: 1_999 },
  ];
  bought = await purchase(log.seal, lines, { buyerId, cartTokenHash: null });
});
afterAll(() => log.close());

it('shows a user with the roles of now', async () => {
  const found = await findUser(log.database.pool, buyerId);
  expect(userResource.parse(found?.resource)).toMatchObject({ email: EMAIL, name: 'Ada', roles: ['buyer', 'seller'] });
  expect(found?.revision).toBe(1);
  expect(await findUser(log.database.pool, 'no/such\u0000id')).toBeUndefined();
});

it('finds a seller by id and by user', async () => {
  const found = await findSeller(log.database.pool, sellerA);
  const seller = sellerResource.parse(found?.resource);
  expect(seller).toMatchObject({ name: 'First', status: 'approved' });
  expect((await findSellerOfUser(log.database.pool, seller.userId))?.resource).toEqual(seller);
});

it('shows the category tree with paths, and counts what is on offer below', async () => {
  const { items, revision } = await listCategories(log.database.pool);
  expect(items).toMatchObject([
    { name: 'Audio', path: ['Audio'], productCount: 2, children: [{ path: ['Audio', 'Headphones'], productCount: 1 }] },
  ]);
  expect(revision).toBe(1);
  expect((await findCategory(log.database.pool, headphones))?.resource.parentId).toBe(audio);
});

it('shows a product with the stock of each variant, listed while its seller is approved', async () => {
  const found = await findProduct(log.database.pool, a.productId);
  const product = productResource.parse(found?.resource);
  expect(product).toMatchObject({ status: 'published', variants: [{ variantId: a.variantId, available: 10 }] });
  expect(found).toMatchObject({ listed: true, revision: 2 });
  await see([told(`seller-${sellerA}`, 'SellerSuspended', { sellerId: sellerA })]);
  expect((await findProduct(log.database.pool, a.productId))?.listed).toBe(false);
  await see([told(`seller-${sellerA}`, 'SellerApproved', { sellerId: sellerA, userId: newId() })]);
  expect((await findProduct(log.database.pool, a.productId))?.listed).toBe(true);
});

it('shows a cart with names, stock and totals without tax', async () => {
  await see(bought.cart);
  const found = await findCart(log.database.pool, bought.cartId, price);
  const cart = cartResource.parse(found?.resource);
  expect(cart.lines[0]).toMatchObject({
    name: 'Sony MDR',
    image: 'https://x.example/a.jpg',
    available: 10,
    quantity: 2,
  });
  expect(cart.totals).toEqual({
    items: usd(5_997),
    discount: usd(0),
    shipping: usd(500),
    tax: usd(0),
    total: usd(6_497),
  });
  expect(found).toMatchObject({ buyerId, cartTokenHash: null, orderId: null, revision: 2 });
});

it('leads an order from placed over action required to confirmed, with stock and payment', async () => {
  const { pool } = log.database;
  await see(bought.placed.slice(0, 1));
  expect(await findOrder(pool, bought.orderId)).toBeUndefined();
  await see(bought.placed.slice(1));
  expect(orderResource.parse((await findOrder(pool, bought.orderId))?.resource).status).toBe('placed');
  await see([bought.challenged]);
  const waiting = orderResource.parse((await findOrder(pool, bought.orderId))?.resource);
  const action = { type: 'challenge', paymentId: bought.paymentId, url: 'https://bank.example/3ds' };
  expect(waiting).toMatchObject({ status: 'action_required', action });
  expect((await findInventory(pool, a.variantId))?.resource).toMatchObject({ onHand: 10, reserved: 2, available: 8 });
  await see(bought.confirmed);
  const found = await findOrder(pool, bought.orderId);
  const order = orderResource.parse(found?.resource);
  expect(order).toMatchObject({ status: 'confirmed', email: EMAIL, shippingAddress: ADDRESS });
  expect(order.payments).toEqual([
    { paymentId: bought.paymentId, method: 'card', status: 'captured', amount: usd(6_497) },
  ]);
  expect(order.action).toBeUndefined();
  // The order's own stream has two events; the payment's do not move its revision.
  expect(found?.revision).toBe(1);
  const stock = await findInventory(pool, a.variantId);
  expect(inventoryResource.parse(stock?.resource)).toMatchObject({ onHand: 8, reserved: 0, available: 8 });
  const payment = await findPayment(pool, bought.paymentId);
  expect(paymentResource.parse(payment?.resource)).toMatchObject({ status: 'captured', captured: usd(6_497) });
  expect(payment).toMatchObject({ buyerId, cartTokenHash: null });
});

it('shows a seller its own lines only, without e-mail, payments and totals', async () => {
  const order = (await findOrder(log.database.pool, bought.orderId))?.resource;
  const shown = order && orderForSeller(order, sellerB);
  expect(orderResource.parse(shown).lines.map((line) => line.sellerId)).toEqual([sellerB]);
  expect(Object.keys(shown ?? {})).not.toEqual(expect.arrayContaining(['email']));
  expect(shown).not.toHaveProperty('payments');
  expect(shown).not.toHaveProperty('totals');
});

it('lists orders of a buyer, a seller, a guest and everybody, page by page', async () => {
  const { pool } = log.database;
  const guest = await purchase(log.seal, [{ ...b, quantity: 1, unit: 1_999 }], { buyerId: null, cartTokenHash: 'h' });
  await see([...guest.cart, ...guest.placed]);
  const ids = async (whose: Parameters<typeof listOrders>[1], limit = 10, cursor?: string) => {
    const page = await listOrders(pool, whose, { limit, cursor });
    return { ids: page.items.map((order) => order.orderId), next: page.nextCursor };
  };
  expect((await ids({ of: 'buyer', buyerId })).ids).toEqual([bought.orderId]);
  expect((await ids({ of: 'guest', cartTokenHash: 'h' })).ids).toEqual([guest.orderId]);
  expect((await ids({ of: 'seller', sellerId: sellerA })).ids).toEqual([bought.orderId]);
  const first = await ids({ of: 'everybody' }, 1);
  const second = await ids({ of: 'everybody' }, 1, first.next ?? '');
  expect([first.ids, second.ids, second.next]).toEqual([[guest.orderId], [bought.orderId], null]);
  const open = await listOrders(pool, { of: 'everybody' }, { limit: 10, status: ['placed'] });
  expect(open.items.map((order) => order.orderId)).toEqual([guest.orderId]);
});

it('shows nothing personal of a person who was erased, once the rows are built again', async () => {
  const person = newId();
  const known = { userId: person, emailKey: 'k', email: await log.seal(person, 'gone@example.com') };
  const secret = { name: await log.seal(person, 'Gone'), passwordHash: await log.seal(person, 'hash') };
  await log.keys.erase(person);
  await see([told(`user-${person}`, 'UserRegistered', { ...known, ...secret })]);
  expect((await findUser(log.database.pool, person))?.resource).toMatchObject({ email: '', name: '' });
});
