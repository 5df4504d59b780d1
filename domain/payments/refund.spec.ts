/** Refunds: in parts, repeated, never more than was captured. */
import { describe, it } from '@jest/globals';
import { money } from '../money.ts';
import { given } from '../testing/given.ts';
import { ask, happened } from '../testing/payments.ts';
import { usd } from '../testing/samples.ts';
import { paymentDecider } from './decide.ts';
import { MAX_REFUNDS } from './state.ts';

const { requested, authorised, captureRequested, captured, refundRequested, refundSettled, refundFailed } = happened;
const paid = [requested, authorised, captureRequested(1), captured(1)];

describe('requesting a refund', () => {
  it('records the intent', () =>
    given(paymentDecider, paid)
      .when(ask.refund(1, usd(1000)))
      .gives(refundRequested(1, usd(1000))));
  it('changes nothing the second time, whatever amount it names', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400))])
      .when(ask.refund(1, usd(500)))
      .changesNothing());
  it('changes nothing once settled', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400)), refundSettled(1, usd(400))])
      .when(ask.refund(1, usd(400)))
      .changesNothing());
  it('gives back the rest after parts', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400)), refundSettled(1, usd(400))])
      .when(ask.refund(2, usd(600)))
      .gives(refundRequested(2, usd(600))));
  it('is refused beyond what is left, counting what is under way', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400))])
      .when(ask.refund(2, usd(601)))
      .isRefused('refund_exceeds_captured', { extra: { refundable: usd(600) } }));
  it('does not count what failed', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400)), refundFailed(1)])
      .when(ask.refund(2, usd(1000)))
      .gives(refundRequested(2, usd(1000))));
  it('asks again after a failure, as the next attempt with the first amount', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400)), refundFailed(1)])
      .when(ask.refund(1, usd(999)))
      .gives(refundRequested(1, usd(400), 2)));
  it('does not ask again for what others have used up', () =>
    given(paymentDecider, [...paid, refundRequested(1, usd(400)), refundFailed(1), refundRequested(2, usd(1000))])
      .when(ask.refund(1, usd(400)))
      .isRefused('refund_exceeds_captured'));
  it('is refused before anything was captured', () =>
    given(paymentDecider, [requested, authorised, captureRequested(1)])
      .when(ask.refund(1, usd(1)))
      .isRefused('not_captured'));
  it('is refused in another currency', () =>
    given(paymentDecider, paid)
      .when(ask.refund(1, money(1, 'EUR')))
      .isRefused('currency_mismatch', { kind: 'invalid', pointer: '/amount/currency' }));
  it('is refused for nothing', () =>
    given(paymentDecider, paid)
      .when(ask.refund(1, usd(0)))
      .isRefused('invalid', { kind: 'invalid', pointer: '/amount/amount' }));
  it('stops at a number of refunds', () =>
    given(paymentDecider, [...paid, ...Array.from({ length: MAX_REFUNDS }, (_, n) => refundRequested(n, usd(1)))])
      .when(ask.refund(MAX_REFUNDS, usd(1)))
      .isRefused('too_many_refunds'));
});

describe('the gateway on a refund', () => {
  const under = [...paid, refundRequested(1, usd(400))];
  const notFound = { kind: 'not_found' } as const;
  it('gave it back', () =>
    given(paymentDecider, under)
      .when(ask.settle(1))
      .gives(refundSettled(1, usd(400))));
  it('gave it back once', () =>
    given(paymentDecider, [...under, refundSettled(1, usd(400))])
      .when(ask.settle(1))
      .changesNothing());
  it('gave it back after it had reported a failure', () =>
    given(paymentDecider, [...under, refundFailed(1)])
      .when(ask.settle(1))
      .gives(refundSettled(1, usd(400))));
  it('cannot have given back what others have used up', () =>
    given(paymentDecider, [...under, refundFailed(1), refundRequested(2, usd(1000))])
      .when(ask.settle(1))
      .isRefused('refund_exceeds_captured'));
  it('gave back what nobody asked for', () =>
    given(paymentDecider, under).when(ask.settle(2)).isRefused('not_found', notFound));
  it('refused', () => given(paymentDecider, under).when(ask.failRefund(1, 1)).gives(refundFailed(1)));
  it('refused once', () =>
    given(paymentDecider, [...under, refundFailed(1)])
      .when(ask.failRefund(1, 1))
      .changesNothing());
  it('refused an earlier attempt, which says nothing of this one', () =>
    given(paymentDecider, [...under, refundFailed(1), refundRequested(1, usd(400), 2)])
      .when(ask.failRefund(1, 1))
      .changesNothing());
  it('refused before it gave it back, but is heard afterwards', () =>
    given(paymentDecider, [...under, refundSettled(1, usd(400))])
      .when(ask.failRefund(1, 1))
      .changesNothing());
  it('refused what nobody asked for', () =>
    given(paymentDecider, under).when(ask.failRefund(2, 1)).isRefused('not_found', notFound));
});
