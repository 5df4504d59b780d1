/** Random shoppers, crashes, lost answers, webhooks out of order, cancels at any moment: what must hold in the end. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventNamed } from '../../domain/event-registry.ts';
import { createRandom } from '../../platform/testing/random.ts';
import { challengePayment } from '../payments/challenge-payment.ts';
import { receiveWebhook } from '../payments/receive-webhook.ts';
import { cancelOrder } from './cancel-order.ts';
import { checkoutProcess } from './checkout.process.ts';
import { attempt, createWorld, type World } from './testing/checkout-world.ts';
import {
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

const TOKENS = ['tok_visa', 'tok_declined', 'tok_3ds', 'tok_slow', 'tok_flaky', 'tok_duplicate'] as const;
const STOCK = 2;
const CARTS = 5;

const death = fc.option(fc.record({ call: fc.integer({ min: 1, max: 14 }), after: fc.boolean() }), { nil: undefined });
const cart = fc.nat({ max: CARTS - 1 });
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('buy' as const), cart, token: fc.constantFrom(...TOKENS), death }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), cart, death }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), cart, death }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('challenge' as const), cart, pass: fc.boolean(), death }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('webhook' as const), which: fc.nat(), death }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 40_000, 200_000, 901_000) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

type Story = { readonly world: World; readonly carts: readonly Filled[]; readonly products: readonly Listed[] };

async function act({ world, carts }: Story, step: Action): Promise<void> {
  if (step.do === 'wait') return world.pass(step.ms);
  const shop = world.mortal(step.death);
  if (step.do === 'webhook') {
    const told = world.webhooks[step.which % Math.max(1, world.webhooks.length)];
    const rawBody = Buffer.from(JSON.stringify(told ?? {}));
    if (told)
      await attempt(() => receiveWebhook(shop, { gateway: 'sandbox', headers: {}, rawBody }, { correlationId }));
    return;
  }
  const chosen = carts[step.cart];
  if (!chosen) return;
  if (step.do === 'buy') {
    await attempt(() => buy(shop, chosen, step.token, { waitS: 0 }));
    return;
  }
  if (step.do === 'run') return runEverything(shop, world, chosen.cartId);
  for (const { orderId, paymentId } of await ordersOf(world, chosen.cartId)) {
    if (step.do === 'cancel') await attempt(() => cancelOrder(shop, { orderId, by: 'buyer' }, command(shop)));
    else {
      const outcome = step.pass ? 'pass' : 'fail';
      await attempt(() => challengePayment(shop, { paymentId, outcome }, command(shop)));
    }
  }
}

const correlationId = '00000000-0000-7000-8000-000000000000';

/** What tail and timers do: run every order of a cart, by the cart's key and by its own. */
async function runEverything(shop: World['shop'], world: World, cartId: string): Promise<void> {
  const process = checkoutProcess(shop);
  const keys = [`cart-${cartId}`, ...(await ordersOf(world, cartId)).map(({ orderId }) => `order-${orderId}`)];
  for (const key of keys) await attempt(() => process.advance(key, { correlationId }));
}

async function ordersOf(world: World, cartId: string) {
  const checkedOut = (await world.events()).filter(
    ({ type, stream }) => type === 'CartCheckedOut' && stream.endsWith(cartId),
  );
  return checkedOut.map(({ data }) => {
    const { terms } = data as EventNamed<'CartCheckedOut'>['data'];
    return { orderId: terms.orderId, paymentId: terms.payment.paymentId, total: terms.quote.totals.total.amount };
  });
}

/** The runner goes on until nothing is left: rounds, minutes apart, beyond every deadline. */
async function comeToRest({ world, carts }: Story): Promise<void> {
  world.calm();
  for (let round = 0; round < 6; round++) {
    await world.shop.background.drain();
    for (const { cartId } of carts) await runEverything(world.shop, world, cartId);
    world.pass(400_000);
  }
}

async function judge({ world, carts, products }: Story): Promise<void> {
  const { shop } = world;
  const confirmedOnce = new Set((await world.events()).filter(({ type }) => type === 'OrderConfirmed').map(orderIdOf));
  let sold = 0;
  for (const { cartId } of carts) {
    const orders = await ordersOf(world, cartId);
    for (const { orderId, paymentId, total } of orders) {
      const { order } = await look(shop, orderId);
      const money = world.payments.get(paymentId);
      const captured = money?.captures.reduce((sum, amount) => sum + amount, 0) ?? 0;
      const refunded = money?.refunds.reduce((sum, { amount }) => sum + amount, 0) ?? 0;
      expect(['confirmed', 'rejected', 'cancelled']).toContain(order.status);
      if (confirmedOnce.has(orderId)) expect(order.status).not.toBe('rejected');
      expect(money?.captures.length ?? 0).toBeLessThanOrEqual(1);
      if (order.status === 'confirmed') {
        sold += 1;
        expect({ captured, refunded }).toEqual({ captured: total, refunded: 0 });
      } else {
        expect(captured - refunded).toBe(0);
        expect(money?.status).not.toBe('authorised');
      }
    }
    const last = orders.at(-1);
    const ended = last && (await look(shop, last.orderId)).order.status;
    expect(await cartStatus(shop, cartId)).toBe(last === undefined || ended === 'rejected' ? 'open' : 'checked_out');
  }
  for (const { variantId } of products) {
    const left = STOCK - sold;
    expect(await stockOf(shop, variantId)).toEqual({ onHand: left, reserved: 0, available: left });
  }
}

const orderIdOf = ({ stream }: { readonly stream: string }) => stream.slice('order-'.length);

async function story(seed: number): Promise<Story> {
  const world = createWorld(createRandom(seed).next);
  const products = [await listProduct(world.shop, STOCK), await listProduct(world.shop, STOCK)];
  const carts: Filled[] = [];
  // Half of them the other way round.
  for (let i = 0; i < CARTS; i++) carts.push(await fillCart(world.shop, i % 2 ? products : products.toReversed()));
  return { world, carts, products };
}

describe('whatever happens to checkouts', () => {
  it('every order ends, money follows its end, and stock adds up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 14, size: 'max' }),
        async (seed, steps) => {
          const told = await story(seed);
          // What stands in one inner list happens at the same time.
          for (const atOnce of steps) await Promise.all(atOnce.map((step) => act(told, step)));
          await comeToRest(told);
          await judge(told);
        },
      ),
      { numRuns: Number(process.env.CHECKOUT_RUNS ?? 40), ...seedOf(process.env.CHECKOUT_SEED) },
    );
  }, 300_000);
});

describe('a reservation that hangs until after its order was cancelled', () => {
  it('finds the mark that the cancel left, and takes nothing', async () => {
    const { shop, events } = createWorld(() => 0.9);
    const product = await listProduct(shop, 1);
    const chosen = await fillCart(shop, [product]);
    let wake = () => {};
    let atReserve = (_orderId: string) => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const reserving = new Promise<string>((resolve) => {
      atReserve = resolve;
    });
    const sleepy: typeof shop = {
      ...shop,
      runtime: {
        ...shop.runtime,
        async handle(decider, id, asked, context, options) {
          const { type, orderId } = asked as { readonly type: string; readonly orderId: string };
          if (type === 'ReserveStock') {
            atReserve(orderId);
            await asleep;
          }
          return shop.runtime.handle(decider, id, asked, context, options);
        },
      },
    };
    const bought = buy(sleepy, chosen);
    const orderId = await reserving;
    await cancelOrder(shop, { orderId, by: 'buyer' }, command(shop));
    wake();
    expect(await bought).toMatchObject({ status: 201, body: { status: 'cancelled' } });
    const stock = (await events()).filter(({ stream }) => stream === `inventory-${product.variantId}`);
    expect(stock.map(({ type }) => type)).toEqual(['StockReceived', 'ReservationReleased']);
  });
});

function seedOf(given: string | undefined): { readonly seed?: number } {
  return given === undefined ? {} : { seed: Number(given) };
}
