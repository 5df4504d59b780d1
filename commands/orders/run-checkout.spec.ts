/** One run of the checkout process against what others did meanwhile. */
import { expect, it } from '@jest/globals';
import type { PaymentGateway } from '../../platform/payments/gateway.ts';
import { createBackground } from '../processes/background.ts';
import { cancelOrder } from './cancel-order.ts';
import { checkoutProcess } from './checkout.process.ts';
import { loadCheckout } from './load-checkout.ts';
import { runCheckout } from './run-checkout.ts';
import { attempt, createWorld } from './testing/checkout-world.ts';
import { accepted, buy, cartStatus, command, fillCart, listProduct, look } from './testing/market.ts';

const correlationId = '00000000-0000-7000-8000-000000000000';

it('a run that slept while its cart went to another order stays with its own order', async () => {
  const world = createWorld(() => 0.5);
  const { shop } = world;
  const cart = await fillCart(shop, [await listProduct(shop, 5)]);
  // Dies with the cart taken and no order placed.
  await attempt(() => buy(world.mortal({ call: 1, after: true }), cart));
  const slept = await loadCheckout(shop, { cartId: cart.cartId });
  if (!slept) throw new Error('the cart was not taken');
  world.pass(901_000);
  await checkoutProcess(shop).advance(`cart-${cart.cartId}`, { correlationId });
  expect(await cartStatus(shop, cart.cartId)).toBe('open');
  const { body } = accepted(await buy(shop, cart));
  expect(body).toMatchObject({ status: 'confirmed' });
  const ran = await runCheckout(shop, slept, { correlationId });
  expect(ran.states).toMatchObject({ orderId: slept.states.orderId, order: { status: 'rejected' } });
  expect((await look(shop, body.orderId)).order.status).toBe('confirmed');
});

it('a cancel is answered as such also where the gateway will not give the money back, which is told', async () => {
  const { shop } = createWorld(() => 0.5);
  const cart = await fillCart(shop, [await listProduct(shop, 5)]);
  const { body } = accepted(await buy(shop, cart, 'tok_3ds'));
  const failure = { code: 'no', detail: 'not today' };
  const refusing = { ...shop.gateways.sandbox, void: async () => ({ refused: true, failure }) as const };
  const told: string[] = [];
  const background = createBackground({ onError: (error) => void told.push(String(error)) });
  const stubborn = { ...shop, gateways: { sandbox: refusing as PaymentGateway }, background };
  const { state } = accepted(await cancelOrder(stubborn, { orderId: body.orderId, by: 'buyer' }, command(shop)));
  expect(state).toMatchObject({ status: 'cancelled' });
  await background.drain();
  expect(told).toEqual([expect.stringContaining('not today')]);
});
