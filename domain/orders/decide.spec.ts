/** The arbiter of an order's end. */
import { describe, expect, it } from '@jest/globals';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, termsFor } from '../testing/samples.ts';
import type { OrderCommand } from './commands.ts';
import { orderDecider } from './decide.ts';
import type { OrderEvent } from './events.ts';
import { termsOf } from './state.ts';

const orderId = id(40);
const cartId = id(30);
const terms = termsFor(orderId, [{ variantId: id(21), quantity: 2 }]);
const reason = { code: 'out_of_stock', detail: 'Sold out.' } as const;
const byBuyer = { code: 'cancelled_by_buyer', detail: '' } as const;
const place: OrderCommand = { type: 'PlaceOrder', terms };
const confirm: OrderCommand = { type: 'ConfirmOrder', orderId };
const refuse: OrderCommand = { type: 'RejectOrder', orderId, cartId, reason };
const cancel: OrderCommand = { type: 'CancelOrder', orderId, reason: byBuyer };
const placed: OrderEvent = { type: 'OrderPlaced', data: terms };
const confirmed: OrderEvent = { type: 'OrderConfirmed', data: { orderId, cartId } };
const rejected: OrderEvent = { type: 'OrderRejected', data: { orderId, cartId, reason } };
const cancelled = (wasConfirmed: boolean): OrderEvent => ({
  type: 'OrderCancelled',
  data: { orderId, cartId, wasConfirmed, reason: byBuyer },
});
const notFound = { kind: 'not_found' } as const;

describe('placing', () => {
  it('starts the order', () => given(orderDecider).when(place).gives(placed));
  it('changes nothing the second time', () => given(orderDecider, [placed]).when(place).changesNothing());
  it('changes nothing after the order ended', () =>
    given(orderDecider, [placed, rejected]).when(place).changesNothing());
  it('is refused where the order was rejected before it was placed', () =>
    given(orderDecider, [rejected]).when(place).isRefused('order_not_open'));
});

describe('confirming', () => {
  it('decides a placed order', () => given(orderDecider, [placed]).when(confirm).gives(confirmed));
  it('changes nothing the second time', () => given(orderDecider, [placed, confirmed]).when(confirm).changesNothing());
  it('is refused after a rejection', () =>
    given(orderDecider, [placed, rejected]).when(confirm).isRefused('order_not_open'));
  it('is refused after a cancellation', () =>
    given(orderDecider, [placed, cancelled(false)])
      .when(confirm)
      .isRefused('order_not_open'));
  it('needs an order', () => given(orderDecider).when(confirm).isRefused('not_found', notFound));
});

describe('rejecting', () => {
  it('decides a placed order', () => given(orderDecider, [placed]).when(refuse).gives(rejected));
  it('keeps an order that is not there yet from ever being', () => given(orderDecider).when(refuse).gives(rejected));
  it('changes nothing the second time', () => given(orderDecider, [placed, rejected]).when(refuse).changesNothing());
  it('is refused after the confirmation', () =>
    given(orderDecider, [placed, confirmed]).when(refuse).isRefused('order_not_open'));
  it('is refused after a cancellation', () =>
    given(orderDecider, [placed, cancelled(false)])
      .when(refuse)
      .isRefused('order_not_open'));
});

describe('cancelling', () => {
  it('ends a placed order', () => given(orderDecider, [placed]).when(cancel).gives(cancelled(false)));
  it('ends a confirmed order, and says that it was', () =>
    given(orderDecider, [placed, confirmed]).when(cancel).gives(cancelled(true)));
  it('changes nothing the second time', () =>
    given(orderDecider, [placed, confirmed, cancelled(true)])
      .when(cancel)
      .changesNothing());
  it('is refused after a rejection', () =>
    given(orderDecider, [placed, rejected]).when(cancel).isRefused('not_cancellable'));
  it('needs an order', () => given(orderDecider).when(cancel).isRefused('not_found', notFound));
});

describe('the state of an order', () => {
  it('carries the terms to every end', () => {
    for (const end of [confirmed, rejected, cancelled(false)]) {
      expect(termsOf(stateOf(orderDecider, [placed, end]))).toEqual(terms);
    }
  });
  it('says why it was rejected, also without terms', () =>
    expect(stateOf(orderDecider, [rejected])).toEqual({
      status: 'rejected',
      terms: null,
      cartId,
      reason,
      updatedAt: NOW,
    }));
});
