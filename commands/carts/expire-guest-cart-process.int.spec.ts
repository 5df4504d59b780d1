/** The expiry of guests' carts on a real log: in time and not before, also after deaths, twice at once, and in a race. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CartCommand } from '../../domain/carts/commands.ts';
import { cartDecider } from '../../domain/carts/decide.ts';
import type { CartState } from '../../domain/carts/state.ts';
import { later } from '../../domain/instant.ts';
import { money } from '../../domain/money.ts';
import { termsFor } from '../../domain/testing/samples.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { until } from '../../platform/testing/until.ts';
import { createProcessRunner } from '../processes/runner.ts';
import type { Shop } from '../shop.ts';
import { accepted } from '../testing/test-market.ts';
import { createTestShop, Killed, type TestShop } from '../testing/test-shop.ts';
import { expireGuestCartProcess } from './expire-guest-cart.process.ts';
import { openCart } from './open.ts';

const DAYS = 3;
const DAY_S = 86_400;

let test: TestShop;
beforeAll(async () => {
  test = await createTestShop();
});
afterAll(() => test.stop());

const item = () => ({ variantId: newId(), productId: newId(), quantity: 1, unitPrice: money(1_999, 'USD') });
const cartOf = async (cartId: string): Promise<Exclude<CartState, { status: 'none' }>> => {
  const { state } = await test.shop.runtime.load(cartDecider, cartId, { fresh: true });
  if (state.status === 'none') throw new Error(`there is no cart ${cartId}`);
  return state;
};
const ask = async (command: CartCommand): Promise<void> => {
  accepted(await test.shop.runtime.handle(cartDecider, command.cartId, command, test.context()));
};
const touch = (cartId: string) => ask({ type: 'AddItem', cartId, line: item() });
/** A cart with one item in it. */
const fill = async (buyerId: string | null = null): Promise<string> => {
  const cartId = newId();
  accepted(await openCart(test.shop, { cartId, buyerId }, test.context()));
  await touch(cartId);
  return cartId;
};
const checkOut = async (cartId: string): Promise<string> => {
  const orderId = newId();
  const terms = { ...termsFor(orderId, [...(await cartOf(cartId)).lines]), cartId };
  await ask({ type: 'CheckOut', cartId, terms });
  return orderId;
};
const look = (cartId: string, shop: Shop = test.shop) =>
  expireGuestCartProcess(shop, DAYS).advance(cartId, { correlationId: newId() });
const endsOf = async (cartId: string) =>
  (await test.typesOf(`cart-${cartId}`)).filter((type) => type === 'CartAbandoned').length;

describe('a guest’s cart', () => {
  it('is left alone until nobody touched it for so many days, then given up, with the reason', async () => {
    const cartId = await fill();
    const end = later((await cartOf(cartId)).updatedAt, DAYS * DAY_S * 1_000);
    test.pass(DAYS * DAY_S - 60);
    expect(await look(cartId)).toEqual({ wakeAt: end });
    expect(await cartOf(cartId)).toMatchObject({ status: 'open' });
    test.pass(61);
    expect(await look(cartId)).toEqual({ wakeAt: null });
    expect((await test.store.read(`cart-${cartId}`)).at(-1)).toMatchObject({
      type: 'CartAbandoned',
      data: { cartId, reason: 'expired', mergedInto: null },
      metadata: { actor: 'process:expire-guest-cart', schemaVersion: 2 },
    });
  });

  it('that was touched in time lives as long again', async () => {
    const cartId = await fill();
    test.pass(2 * DAY_S);
    await touch(cartId);
    test.pass(2 * DAY_S);
    const { updatedAt } = await cartOf(cartId);
    expect(await look(cartId)).toEqual({ wakeAt: later(updatedAt, DAYS * DAY_S * 1_000) });
    expect(await endsOf(cartId)).toBe(0);
  });

  it('that is touched between the look and the decision lives on, and is looked at again', async () => {
    const cartId = await fill();
    test.pass(4 * DAY_S);
    const { runtime } = test.shop;
    const raced: Shop = {
      ...test.shop,
      runtime: {
        ...runtime,
        async handle(decider, id, command, context, options) {
          await touch(cartId);
          return runtime.handle(decider, id, command, context, options);
        },
      },
    };
    const looked = await look(cartId, raced);
    const { status, updatedAt } = await cartOf(cartId);
    expect({ status, ...looked }).toEqual({ status: 'open', wakeAt: later(updatedAt, DAYS * DAY_S * 1_000) });
  });

  it('is given up once, however many look at once and again, and by the next where one dies', async () => {
    const cartId = await fill();
    test.pass(4 * DAY_S);
    await expect(look(cartId, test.dyingBefore('ExpireCart'))).rejects.toBeInstanceOf(Killed);
    await Promise.all([1, 2, 3, 4].map(() => look(cartId)));
    expect(await look(cartId)).toEqual({ wakeAt: null });
    expect(await endsOf(cartId)).toBe(1);
  });

  it('is its order’s once it was checked out, and begins anew when the order gives it back', async () => {
    const cartId = await fill();
    const orderId = await checkOut(cartId);
    test.pass(4 * DAY_S);
    expect(await look(cartId)).toEqual({ wakeAt: null });
    await ask({ type: 'ReopenCart', cartId, orderId });
    const { updatedAt } = await cartOf(cartId);
    expect(await look(cartId)).toEqual({ wakeAt: later(updatedAt, DAYS * DAY_S * 1_000) });
    test.pass(4 * DAY_S);
    await look(cartId);
    expect(await cartOf(cartId)).toMatchObject({ status: 'abandoned', mergedInto: null });
  });
});

describe('other carts', () => {
  it('of somebody with an account stay', async () => {
    const cartId = await fill(newId());
    test.pass(400 * DAY_S);
    expect(await look(cartId)).toEqual({ wakeAt: null });
    expect(await cartOf(cartId)).toMatchObject({ status: 'open' });
  });

  it('that are not there yet are no concern', async () => {
    expect(await look(newId())).toEqual({ wakeAt: null });
  });
});

describe('run by the log and the clock', () => {
  // A shop whose clock is the database's: that one says when the time has come.
  let ahead: TestShop;
  beforeAll(async () => {
    ahead = test;
    test = await createTestShop();
  });
  afterAll(async () => {
    await test.stop();
    test = ahead;
  });

  it('ends guests’ carts alone, each when its time has come, with two runners at work', async () => {
    const second = expireGuestCartProcess(test.shop, 1 / DAY_S);
    const { store, database } = test;
    const logger = createLogger({ name: 'test', level: 'silent' });
    const quick = { delayMs: 50, pollMs: 20, processes: [second], store, database, logger };
    const theirs = await fill(newId());
    const before = await fill();
    const runners = [await createProcessRunner(quick), await createProcessRunner(quick)];
    try {
      const after = await fill();
      const back = await fill();
      await ask({ type: 'ReopenCart', cartId: back, orderId: await checkOut(back) });
      const guests = [before, after, back];
      await until(async () => (await Promise.all(guests.map(endsOf))).every((ends) => ends === 1));
      await until(async () => (await database.pool.query('select 1 from processes.due')).rowCount === 0);
      expect(await cartOf(theirs)).toMatchObject({ status: 'open' });
    } finally {
      await Promise.all(runners.map((runner) => runner.stop()));
    }
  });
});
