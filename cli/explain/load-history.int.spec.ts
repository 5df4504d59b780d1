/** Explanations over a real log: the streams they are made of are found. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { findOrderByNumber } from '../../projections/orders/queries.ts';
import { type Purchase, purchase } from '../../projections/testing/purchase.ts';
import { listing } from '../../projections/testing/story.ts';
import { createTestLog, type TestLog } from '../../projections/testing/test-log.ts';
import { explainOrder } from './explain-order.ts';
import { explainPrice } from './explain-price.ts';
import { loadOrder, loadProductOf } from './load-history.ts';

const lamp = { productId: newId(), variantId: newId(), sellerId: newId() };
const chair = { productId: newId(), variantId: newId(), sellerId: lamp.sellerId };
const format = (position: Position) => position;
let log: TestLog;
let bought: Purchase;
beforeAll(async () => {
  log = await createTestLog();
  const lines = [lamp, chair].map((variant) => ({ ...variant, quantity: 2, unit: 1_999 }));
  bought = await purchase(log.seal, lines, { buyerId: newId(), cartTokenHash: null });
  await log.tell([
    ...listing({ ...lamp, categoryId: newId(), name: 'Lamp', stock: 5 }),
    ...listing({ ...chair, categoryId: newId(), name: 'Chair' }),
    ...bought.cart,
    ...bought.placed,
    ...bought.confirmed,
  ]);
});
afterAll(() => log.close());

it('explains an order from its own stream, its cart, its payment and its products', async () => {
  const history = await loadOrder(log.store, bought.orderId);
  const figures = history && explainOrder(history, format)?.figures;
  expect(figures?.filter(({ holds }) => !holds)).toEqual([]);
  const categories = new Set(figures?.flatMap(({ because }) => because.map(({ stream }) => stream.split('-')[0])));
  expect([...categories].toSorted()).toEqual(['cart', 'order', 'payment', 'product']);
});

it('knows no order that is not there', async () => {
  expect(await loadOrder(log.store, newId())).toBeUndefined();
});

it('finds the product of a variant by its stock, and without', async () => {
  for (const { variantId, productId } of [lamp, chair]) {
    const explained = explainPrice(variantId, await loadProductOf(log.store, variantId), format);
    expect(explained?.figures[0]?.because[0]?.stream).toBe(`product-${productId}`);
  }
  expect(await loadProductOf(log.store, newId())).toEqual([]);
});

it('finds an order by its number, in large letters or small', async () => {
  const projections = log.runtime();
  await projections.start();
  await projections.reachHead(AbortSignal.timeout(20_000));
  const { rows } = await log.database.pool.query('select number from projections.orders');
  const { number } = rows[0];
  const find = (text: string) => findOrderByNumber(log.database.pool, text);
  expect(await Promise.all([find(number), find(number.toUpperCase()), find('S-0'), find("'")])).toEqual([
    bought.orderId,
    bought.orderId,
    undefined,
    undefined,
  ]);
});
