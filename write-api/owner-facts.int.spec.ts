/** Whose an order is, also when it ended before it began. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestShop, type TestShop } from '../commands/testing/test-shop.ts';
import { cartDecider } from '../domain/carts/decide.ts';
import { orderDecider } from '../domain/orders/decide.ts';
import { newId } from '../platform/ids.ts';
import { ownerFacts } from './owner-facts.ts';

describe('the owner of an order', () => {
  let test: TestShop;
  beforeAll(async () => {
    test = await createTestShop();
  });
  afterAll(() => test.stop());

  it('is the owner of its cart where the deadline passed before it was placed', async () => {
    const { runtime } = test.shop;
    const [cartId, orderId, paymentId] = [newId(), newId(), newId()];
    const open = { type: 'OpenCart', cartId, buyerId: null, cartTokenHash: 'hash' } as const;
    await runtime.handle(cartDecider, cartId, open, test.context());
    const reason = { code: 'deadline_passed', detail: 'It took too long.' } as const;
    const reject = { type: 'RejectOrder', orderId, cartId, reason } as const;
    await runtime.handle(orderDecider, orderId, reject, test.context());
    const subject = { caller: { kind: 'guest', tokenHash: 'hash' }, cartTokenHash: 'hash' } as const;
    const facts = await ownerFacts(runtime).order({ orderId }, subject);
    expect(facts).toEqual({ userId: null, cartTokenHash: 'hash' });
    expect(await ownerFacts(runtime).payment({ paymentId }, subject)).toBeUndefined();
  });
});
