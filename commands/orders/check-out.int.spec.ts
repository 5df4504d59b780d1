/** The checkout on a real log: every test card, every quick refusal, and what a buyer finds afterwards. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Money, money } from '../../domain/money.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { isRejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import { until } from '../../platform/testing/until.ts';
import { challengePayment } from '../payments/challenge-payment.ts';
import type { Shop } from '../shop.ts';
import type { CheckOutInput } from './check-out.ts';
import {
  ADDRESS,
  accepted,
  buy,
  cartStatus,
  command,
  fillCart,
  listProduct,
  look,
  PRICE,
  stockOf,
} from './testing/market.ts';
import { createPaidShop, type PaidShop } from './testing/paid-shop.ts';

let paid: PaidShop;
let shop: Shop;

beforeAll(async () => {
  paid = await createPaidShop();
  shop = paid.shop;
});
afterAll(() => paid.stop());

/** 1 000 and shipping 500, taxed at 8 %. */
const TOTAL = 1_620;

async function checkOutWith(token: string, more: Partial<CheckOutInput> = {}) {
  const product = await listProduct(shop, 10);
  const cart = await fillCart(shop, [product]);
  const { status, body } = accepted(await buy(shop, cart, token, more));
  await shop.background.drain();
  return { status, body, product, cart, ...(await look(shop, body.orderId)) };
}

describe('a card', () => {
  it.each(['tok_visa', 'tok_mastercard', 'tok_flaky', 'tok_duplicate'])(
    '%s confirms the order, is charged once, and sells the stock',
    async (token) => {
      const { status, body, product, paymentId } = await checkOutWith(token);
      expect({ status, body }).toEqual({ status: 201, body: { orderId: body.orderId, status: 'confirmed' } });
      expect(await paid.ledger(paymentId)).toMatchObject({ charges: 1, captured: TOTAL, refunded: 0, held: 0 });
      expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 9, reserved: 0, available: 9 });
    },
  );

  it.each(['tok_declined', 'tok_insufficient_funds', 'tok_expired'])(
    '%s rejects the order, gives the stock back, and the cart is open when the answer comes',
    async (token) => {
      const product = await listProduct(shop, 10);
      const cart = await fillCart(shop, [product]);
      const { status, body } = accepted(await buy(shop, cart, token));
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'rejected', reason: { code: 'payment_declined' } });
      expect(await cartStatus(shop, cart.cartId)).toBe('open');
      expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 10, reserved: 0, available: 10 });
      expect(accepted(await buy(shop, cart, 'tok_visa')).body.status).toBe('confirmed');
    },
  );

  it('tok_3ds asks for a challenge, and passing it confirms the order', async () => {
    const { status, body, paymentId } = await checkOutWith('tok_3ds');
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'action_required', action: { type: 'challenge', paymentId } });
    const payment = accepted(await challengePayment(shop, { paymentId, outcome: 'pass' }, command(shop)));
    expect(['authorised', 'captured']).toContain(payment.state.status);
    expect((await look(shop, body.orderId)).order.status).toBe('confirmed');
    const again = await challengePayment(shop, { paymentId, outcome: 'pass' }, command(shop));
    expect(again).toMatchObject({ code: 'not_challenged' });
  });

  it('tok_3ds with a failed challenge rejects the order for it', async () => {
    const { body, cart, paymentId } = await checkOutWith('tok_3ds');
    const payment = accepted(await challengePayment(shop, { paymentId, outcome: 'fail' }, command(shop)));
    expect(payment.state.status).toBe('declined');
    const { order } = await look(shop, body.orderId);
    expect(order).toMatchObject({ status: 'rejected', reason: { code: 'challenge_failed' } });
    expect(await cartStatus(shop, cart.cartId)).toBe('open');
  });

  it('tok_slow is waited for', async () => {
    const { status, body } = await checkOutWith('tok_slow');
    expect({ status, state: body.status }).toEqual({ status: 201, state: 'confirmed' });
  });

  it('tok_slow answers 202 to those who do not wait, and its webhook confirms the order', async () => {
    const { status, body } = await checkOutWith('tok_slow', { waitS: 0 });
    expect({ status, state: body.status }).toEqual({ status: 202, state: 'placed' });
    await until(async () => (await look(shop, body.orderId)).order.status === 'confirmed');
    const slow = `msg_${(await look(shop, body.orderId)).paymentId.replaceAll('-', '')}_authorised`;
    await until(async () => paid.taken.includes(slow));
  });

  it('tok_duplicate sends its webhook three times, one of them after that of the capture, and nothing happens twice', async () => {
    const { paymentId, body } = await checkOutWith('tok_duplicate');
    const name = (status: string) => `msg_${paymentId.replaceAll('-', '')}_${status}`;
    const mine = () => paid.taken.filter((id) => id.includes(paymentId.replaceAll('-', '')));
    await until(async () => mine().length === 6);
    expect(mine().lastIndexOf(name('authorised'))).toBeGreaterThan(mine().indexOf(name('captured')));
    expect(await paid.test.typesOf(`payment-${paymentId}`)).toEqual([
      'PaymentRequested',
      'PaymentAuthorised',
      'CaptureRequested',
      'PaymentCaptured',
    ]);
    expect((await look(shop, body.orderId)).order.status).toBe('confirmed');
  });
});

describe('a checkout is refused before anything exists', () => {
  const refused = async (more: Partial<CheckOutInput>, token = 'tok_visa') => {
    const cart = await fillCart(shop, [await listProduct(shop, 2)]);
    const result = await buy(shop, cart, token, more);
    expect(await cartStatus(shop, cart.cartId)).toBe('open');
    return result;
  };

  it('for a token the gateway does not know', async () => {
    expect(await refused({}, 'tok_unknown')).toMatchObject({ kind: 'invalid', pointer: '/payment/token' });
    expect(await refused({ payment: { method: 'card' } })).toMatchObject({
      kind: 'invalid',
      pointer: '/payment/token',
    });
  });

  it('for a method nobody takes', async () => {
    const answer = await refused({ payment: { method: 'bank_transfer' } });
    expect(answer).toMatchObject({ kind: 'invalid', code: 'payment_method_unavailable' });
  });

  it('for an unknown shipping option', async () => {
    expect(await refused({ shippingOptionId: 'pigeon' })).toMatchObject({
      kind: 'invalid',
      pointer: '/shippingOptionId',
    });
  });

  it('without an e-mail address where there is no account to take it from', async () => {
    expect(await refused({ email: undefined })).toMatchObject({ kind: 'invalid', pointer: '/email' });
  });

  it('to everybody but the owner of the cart', async () => {
    expect(await refused({ userId: null, cartTokenHash: 'other' })).toMatchObject({ code: 'not_found' });
  });

  it('for an empty cart', async () => {
    const cart = await fillCart(shop, []);
    expect(await buy(shop, cart)).toMatchObject({ kind: 'conflict', code: 'cart_empty' });
  });

  it('for a cart that has an order', async () => {
    const { cart, body } = await checkOutWith('tok_visa');
    const again = await buy(shop, cart);
    expect(again).toMatchObject({ code: 'already_checked_out', extra: { orderId: body.orderId } });
  });

  it('where the stock shown does not do', async () => {
    const product = await listProduct(shop, 2);
    const cart = await fillCart(shop, [product], 3);
    expect(await buy(shop, cart)).toMatchObject({ code: 'out_of_stock', extra: { available: 2 } });
  });

  it('for what is not for sale any more: archived, or its seller suspended', async () => {
    const [archived, orphaned] = [await listProduct(shop, 2), await listProduct(shop, 2)];
    const carts = [await fillCart(shop, [archived]), await fillCart(shop, [orphaned])];
    const { productId } = archived;
    accepted(
      await shop.runtime.handle(productDecider, productId, { type: 'ArchiveProduct', productId }, command(shop)),
    );
    const suspend = { type: 'SuspendSeller', sellerId: orphaned.sellerId } as const;
    accepted(await shop.runtime.handle(sellerDecider, orphaned.sellerId, suspend, command(shop)));
    for (const cart of carts) expect(await buy(shop, cart)).toMatchObject({ code: 'not_for_sale' });
  });

  it('when a price changed, with the new totals; accepting their total passes', async () => {
    const product = await listProduct(shop, 5, PRICE + 200);
    const cart = await fillCart(shop, [product]);
    const answer = await buy(shop, cart);
    expect(answer).toMatchObject({ code: 'price_changed', extra: { totals: { items: money(1_200, 'USD') } } });
    const { total } = ((isRejection(answer) && answer.extra?.totals) || {}) as { total: Money };
    expect(await buy(shop, cart, 'tok_visa', { acceptTotal: money(total.amount - 1, 'USD') })).toMatchObject({
      code: 'price_changed',
    });
    expect(accepted(await buy(shop, cart, 'tok_visa', { acceptTotal: total })).body.status).toBe('confirmed');
  });
});

describe('a checkout that is repeated', () => {
  it('goes on with the same order and gives the same answer, also after its cart was given back', async () => {
    for (const [token, status] of [
      ['tok_visa', 'confirmed'],
      ['tok_declined', 'rejected'],
    ] as const) {
      const cart = await fillCart(shop, [await listProduct(shop, 5)]);
      const context = command(shop);
      const first = accepted(await buy(shop, cart, token, { context }));
      const second = accepted(await buy(shop, cart, token, { context }));
      expect(first.body.status).toBe(status);
      expect(second).toMatchObject({ status: 201, body: first.body });
    }
  });

  it('sent twice at the same moment makes one order', async () => {
    const product = await listProduct(shop, 5);
    const cart = await fillCart(shop, [product]);
    const context = command(shop);
    const answers = await Promise.all([1, 2, 3].map(() => buy(shop, cart, 'tok_visa', { context })));
    const orders = new Set(answers.map((answer) => accepted(answer).body.orderId));
    await shop.background.drain();
    expect(orders.size).toBe(1);
    expect(await stockOf(shop, product.variantId)).toEqual({ onHand: 4, reserved: 0, available: 4 });
  });
});

describe('personal data', () => {
  it('lies sealed in every event of an order', async () => {
    const { body, cart } = await checkOutWith('tok_visa');
    for (const stream of [`order-${body.orderId}`, `cart-${cart.cartId}`]) {
      const text = JSON.stringify(await paid.test.store.read(stream));
      for (const secret of ['ada@example.com', ADDRESS.line1, 'tok_visa']) expect(text).not.toContain(secret);
    }
  });
});
