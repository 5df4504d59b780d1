/** The checkout process on a real log: deaths between any two steps, deadlines, cancels, and many shoppers at once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { money } from '../../domain/money.ts';
import { orderDecider } from '../../domain/orders/decide.ts';
import type { OrderTerms } from '../../domain/orders/events.ts';
import { isRejection } from '../../domain/rejection.ts';
import type { PaymentGateway } from '../../platform/payments/gateway.ts';
import { until } from '../../platform/testing/until.ts';
import type { Shop } from '../shop.ts';
import { Killed } from '../testing/test-shop.ts';
import { cancelOrder } from './cancel-order.ts';
import {
  accepted,
  buy,
  cartStatus,
  command,
  type Filled,
  fillCart,
  type Listed,
  listProduct,
  look,
  stockOf,
} from './testing/market.ts';
import { createPaidShop, type PaidShop } from './testing/paid-shop.ts';

let paid: PaidShop;
let shop: Shop;

beforeAll(async () => {
  paid = await createPaidShop({ checkoutDeadlineS: 600 });
  shop = paid.shop;
  await paid.startRunner();
  await paid.startRunner();
});
afterAll(() => paid.stop());

const TOTAL = 1_620;

/** A process that dies at its n-th command or gateway call: before it, or after it had its effect. */
function dying(on: Shop, at: number, when: 'before' | 'after'): Shop {
  let calls = 0;
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls > at || (calls === at && when === 'before')) throw new Killed(`call ${at}`);
    const result = await work();
    if (calls >= at) throw new Killed(`call ${at}`);
    return result;
  };
  const gateway = on.gateways.sandbox as PaymentGateway;
  return {
    ...on,
    runtime: {
      handle: (decider, id, asked, context, options) =>
        live(() => on.runtime.handle(decider, id, asked, context, options)),
      load: (decider, id, options) => on.runtime.load(decider, id, options),
    },
    gateways: {
      sandbox: {
        ...gateway,
        authorise: (call) => live(() => gateway.authorise(call)),
        capture: (call) => live(() => gateway.capture(call)),
        void: (call) => live(() => gateway.void(call)),
        refund: (call) => live(() => gateway.refund(call)),
      },
    },
  };
}

async function statusOf(orderId: string): Promise<string> {
  return (await look(shop, orderId)).order.status;
}

/** The order a cart is or was checked out for. */
async function orderOf({ cartId }: Filled): Promise<string | undefined> {
  const checkedOut = (await paid.test.store.read(`cart-${cartId}`)).find(({ type }) => type === 'CartCheckedOut');
  return (checkedOut?.data as { terms: { orderId: string } } | undefined)?.terms.orderId;
}

async function isSold({ variantId }: Listed, left: number): Promise<boolean> {
  const stock = await stockOf(shop, variantId);
  return stock.onHand === left && stock.reserved === 0;
}

const died = (error: unknown) => {
  if (!(error instanceof Killed)) throw error;
};

describe('a process that dies during a checkout', () => {
  const moments = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].flatMap(
    (at) =>
      [
        [at, 'before'],
        [at, 'after'],
      ] as const,
  );

  it.each(moments)('at call %d, %s its effect: others bring the order to the same end', async (at, when) => {
    const products = [await listProduct(shop, 200), await listProduct(shop, 200)];
    const cart = await fillCart(shop, products);
    await buy(dying(shop, at, when), cart).catch(died);
    const orderId = await orderOf(cart);
    if (orderId === undefined) return expect([at, when]).toEqual([1, 'before']);
    await until(async () => (await statusOf(orderId)) === 'confirmed');
    const { paymentId } = await look(shop, orderId);
    await until(async () => (await paid.ledger(paymentId))?.captured === 2_700);
    for (const product of products) await until(() => isSold(product, 199));
    expect(await paid.ledger(paymentId)).toMatchObject({ charges: 1, held: 0, refunded: 0 });
  });

  it.each([3, 4, 5, 6, 7, 8])('with a refused card, at call %d: the stock and the cart come back', async (at) => {
    const product = await listProduct(shop, 5);
    const cart = await fillCart(shop, [product]);
    await buy(dying(shop, at, 'after'), cart, 'tok_declined').catch(died);
    const orderId = (await orderOf(cart)) ?? '';
    await until(
      async () => (await statusOf(orderId)) === 'rejected' && (await cartStatus(shop, cart.cartId)) === 'open',
    );
    await until(() => isSold(product, 5));
  });

  it.each([1, 2, 3, 4, 5])('during a cancel, at call %d: money and stock come back all the same', async (at) => {
    const product = await listProduct(shop, 5);
    const { body } = accepted(await buy(shop, await fillCart(shop, [product])));
    await shop.background.drain();
    const mortal = dying(shop, at, 'after');
    await cancelOrder(mortal, { orderId: body.orderId, by: 'buyer' }, command(shop)).catch(died);
    const { paymentId } = await look(shop, body.orderId);
    await until(async () => (await paid.ledger(paymentId))?.refunded === TOTAL);
    await until(() => isSold(product, 5));
    expect(await statusOf(body.orderId)).toBe('cancelled');
  });
});

describe('the deadline', () => {
  it('rejects an order whose challenge nobody answers, and gives everything back', async () => {
    const hasty = { ...shop, checkoutDeadlineS: 1 };
    const product = await listProduct(shop, 5);
    const cart = await fillCart(shop, [product]);
    const { body } = accepted(await buy(hasty, cart, 'tok_3ds'));
    expect(body.status).toBe('action_required');
    await until(async () => (await cartStatus(shop, cart.cartId)) === 'open');
    const { order, paymentId } = await look(shop, body.orderId);
    expect(order).toMatchObject({ status: 'rejected', reason: { code: 'deadline_passed' } });
    await until(async () => (await paid.ledger(paymentId))?.status === 'voided');
    await until(() => isSold(product, 5));
  });

  it('is the first event of an order that was never placed, and shuts out the writer that slept', async () => {
    const hasty = { ...shop, checkoutDeadlineS: 0 };
    const cart = await fillCart(shop, [await listProduct(shop, 5)]);
    await buy(dying(hasty, 1, 'after'), cart).catch(died);
    const orderId = (await orderOf(cart)) ?? '';
    await until(async () => (await cartStatus(shop, cart.cartId)) === 'open');
    expect(await paid.test.typesOf(`order-${orderId}`)).toEqual(['OrderRejected']);
    const events = await paid.test.store.read(`cart-${cart.cartId}`);
    const checkedOut = events.find(({ type }) => type === 'CartCheckedOut');
    const { terms } = (checkedOut?.data ?? {}) as { terms: OrderTerms };
    expect(await paid.test.typesOf(`payment-${terms.payment.paymentId}`)).toEqual(['PaymentVoided']);
    const place = { type: 'PlaceOrder', terms } as const;
    const late = await shop.runtime.handle(orderDecider, orderId, place, command(shop));
    expect(isRejection(late)).toBe(true);
  });
});

describe('a cancel', () => {
  it('after the capture refunds the money and returns what was sold; repeated it is the same', async () => {
    const product = await listProduct(shop, 5);
    const cart = await fillCart(shop, [product]);
    const { body } = accepted(await buy(shop, cart));
    await shop.background.drain();
    const cancelled = accepted(await cancelOrder(shop, { orderId: body.orderId, by: 'buyer' }, command(shop)));
    expect(cancelled.state).toMatchObject({
      status: 'cancelled',
      reason: { code: 'cancelled_by_buyer' },
      email: 'ada@example.com',
      totals: { total: money(TOTAL, 'USD') },
      payments: [{ status: 'refunded' }],
    });
    expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 5, reserved: 0, available: 5 });
    expect(await cartStatus(shop, cart.cartId)).toBe('checked_out');
    const again = accepted(await cancelOrder(shop, { orderId: body.orderId, by: 'buyer' }, command(shop)));
    expect(again.state).toMatchObject({ status: 'cancelled', payments: [{ status: 'refunded' }] });
    const ledger = await paid.ledger(again.state.payments?.[0]?.paymentId ?? '');
    expect(ledger).toMatchObject({ charges: 1, captured: TOTAL, refunded: TOTAL });
    expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 5, reserved: 0, available: 5 });
  });

  it('of an order that waits for its challenge gives the stock back and voids the payment', async () => {
    const product = await listProduct(shop, 5);
    const { body } = accepted(await buy(shop, await fillCart(shop, [product]), 'tok_3ds'));
    const cancelled = accepted(await cancelOrder(shop, { orderId: body.orderId, by: 'staff' }, command(shop)));
    expect(cancelled.state).toMatchObject({ status: 'cancelled', payments: [{ status: 'voided' }] });
    expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 5, reserved: 0, available: 5 });
  });

  it('while the gateway is slow leaves no money held, whatever the gateway says later', async () => {
    const { body } = accepted(
      await buy(shop, await fillCart(shop, [await listProduct(shop, 5)]), 'tok_slow', { waitS: 0 }),
    );
    accepted(await cancelOrder(shop, { orderId: body.orderId, by: 'buyer' }, command(shop)));
    const { paymentId } = await look(shop, body.orderId);
    const late = `msg_${paymentId.replaceAll('-', '')}_authorised`;
    await until(async () => paid.taken.includes(late));
    await until(async () => (await paid.ledger(paymentId))?.held === 0);
    expect(await statusOf(body.orderId)).toBe('cancelled');
  });

  it('at the same moment as the checkout ends in exactly one way', async () => {
    for (let round = 0; round < 5; round++) {
      const product = await listProduct(shop, 5);
      const cart = await fillCart(shop, [product]);
      const bought = buy(shop, cart);
      await until(async () => (await orderOf(cart)) !== undefined);
      const orderId = (await orderOf(cart)) ?? '';
      await until(async () => (await statusOf(orderId)) !== 'none');
      await Promise.all([bought, cancelOrder(shop, { orderId, by: 'buyer' }, command(shop))]);
      const { paymentId } = await look(shop, orderId);
      expect(await statusOf(orderId)).toBe('cancelled');
      await until(() => isSold(product, 5));
      await until(async () => {
        const line = await paid.ledger(paymentId);
        return line === undefined || (line.held === 0 && line.captured === line.refunded);
      });
    }
  });

  it('of a rejected order is refused, and of no order not found', async () => {
    const { body } = accepted(await buy(shop, await fillCart(shop, [await listProduct(shop, 5)]), 'tok_declined'));
    const context = command(shop);
    expect(await cancelOrder(shop, { orderId: body.orderId, by: 'buyer' }, context)).toMatchObject({
      code: 'not_cancellable',
    });
    expect(await cancelOrder(shop, { orderId: context.commandId, by: 'buyer' }, context)).toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a capture that the gateway refuses for good', () => {
  it('cancels the order and gives back what was held and sold', async () => {
    const other = await createPaidShop();
    const failure = { code: 'closed', detail: 'The account was closed.' };
    const sandbox = other.shop.gateways.sandbox as PaymentGateway;
    const broken: PaymentGateway = { ...sandbox, capture: async () => ({ refused: true, failure }) };
    const unlucky: Shop = { ...other.shop, gateways: { sandbox: broken } };
    const product = await listProduct(unlucky, 5);
    const { body } = accepted(await buy(unlucky, await fillCart(unlucky, [product])));
    expect(body.status).toBe('confirmed');
    await unlucky.background.drain();
    const { order, paymentId } = await look(unlucky, body.orderId);
    expect(order).toMatchObject({ status: 'cancelled', reason: { code: 'payment_failed', detail: failure.detail } });
    expect(await other.ledger(paymentId)).toMatchObject({ status: 'voided', held: 0, captured: 0 });
    expect(await stockOf(unlucky, product.variantId)).toEqual({ onHand: 5, reserved: 0, available: 5 });
    await other.stop();
  });
});

describe('many shoppers', () => {
  it('twenty at once for five units: five are sold, fifteen refused, none in between', async () => {
    const product = await listProduct(shop, 5);
    const carts = await Promise.all(Array.from({ length: 20 }, () => fillCart(shop, [product])));
    const answers = await Promise.all(carts.map((cart) => buy(shop, cart, 'tok_visa', { waitS: 25 })));
    const codes = answers.map((answer) =>
      isRejection(answer) ? answer.code : (answer.body.reason?.code ?? answer.body.status),
    );
    expect(codes.toSorted()).toEqual([...Array(5).fill('confirmed'), ...Array(15).fill('out_of_stock')]);
    await shop.background.drain();
    expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 0, reserved: 0, available: 0 });
  });

  it('A+B against B+A with one left of each: one of them gets both', async () => {
    for (let round = 0; round < 10; round++) {
      const [a, b] = [await listProduct(shop, 1), await listProduct(shop, 1)];
      const carts = [await fillCart(shop, [a, b]), await fillCart(shop, [b, a])];
      const answers = await Promise.all(carts.map((cart) => buy(shop, cart, 'tok_visa', { waitS: 25 })));
      const confirmed = answers.filter((answer) => !isRejection(answer) && answer.body.status === 'confirmed');
      expect(confirmed).toHaveLength(1);
    }
  });
});
