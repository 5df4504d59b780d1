/** What a payment's state comes to. */
import { describe, expect, it } from '@jest/globals';
import { stateOf } from '../testing/given.ts';
import { happened } from '../testing/payments.ts';
import { usd } from '../testing/samples.ts';
import { paymentDecider } from './decide.ts';
import type { PaymentEvent } from './events.ts';
import type { RequestedPayment } from './state.ts';
import { capturedOf, isUndecided, mayCapture, owesVoid, refundableOf, refundedOf, statusOf } from './status.ts';

const { requested, challenged, authorised, declined, captureRequested, captured, captureFailed } = happened;
const { voidRequested, voided, refundRequested, refundSettled, refundFailed } = happened;
const paid = [authorised, captureRequested(1), captured(1)];
const partly = [...paid, refundRequested(1, usd(400)), refundSettled(1, usd(400))];

function paymentAfter(events: readonly PaymentEvent[]): RequestedPayment {
  const state = stateOf(paymentDecider, [requested, ...events]);
  if (state.status !== 'requested') throw new Error(state.status);
  return state;
}

describe('the status clients see', () => {
  it.each<[string, PaymentEvent[]]>([
    ['requested', []],
    ['challenged', [challenged]],
    ['authorised', [challenged, authorised]],
    ['declined', [challenged, declined(true)]],
    ['authorised', [declined(false), authorised]],
    ['authorised', [authorised, captureRequested(1)]],
    ['captured', paid],
    ['failed', [authorised, captureRequested(1), captureFailed(1)]],
    ['voided', [authorised, captureRequested(1), captureFailed(1), voidRequested(1), voided]],
    ['authorised', [authorised, voidRequested(1)]],
    ['voided', [authorised, voidRequested(1), voided]],
    ['authorised', [voidRequested(1), voided, authorised]],
    ['captured', [...paid, refundRequested(1, usd(1000))]],
    ['captured', [...paid, refundRequested(1, usd(1000)), refundFailed(1)]],
    ['partly_refunded', partly],
    ['refunded', [...partly, refundRequested(2, usd(600)), refundSettled(2, usd(600))]],
  ])('is %s', (status, events) => expect(statusOf(paymentAfter(events))).toBe(status));

  it('is voided where it was closed before it was requested', () => {
    const state = stateOf(paymentDecider, [voided]);
    expect(state.status === 'none' ? state.status : statusOf(state)).toBe('voided');
  });
});

describe('the amounts', () => {
  it('are nothing at first', () => {
    expect([capturedOf, refundedOf, refundableOf].map((of) => of(paymentAfter([authorised])))).toEqual([
      usd(0),
      usd(0),
      usd(0),
    ]);
  });
  it('count as refunded what is settled, and as refundable what is neither settled nor under way', () => {
    const state = paymentAfter([
      ...partly,
      refundRequested(2, usd(100)),
      refundRequested(3, usd(200)),
      refundFailed(3),
    ]);
    expect([capturedOf, refundedOf, refundableOf].map((of) => of(state))).toEqual([usd(1000), usd(400), usd(500)]);
  });
});

describe('what may and must happen next', () => {
  it.each<[string, PaymentEvent[], boolean, boolean, boolean]>([
    ['requested', [], true, false, false],
    ['challenged', [challenged], true, false, false],
    ['authorised', [authorised], false, true, false],
    ['declined', [declined(false)], false, false, false],
    ['authorised after a decline', [declined(false), authorised], false, false, true],
    ['asked to be voided', [voidRequested(1)], false, false, false],
    ['authorised after it was asked to be voided', [voidRequested(1), authorised], false, false, false],
    ['authorised after the void', [voidRequested(1), voided, authorised], false, false, true],
    ['voided again', [voidRequested(1), voided, authorised, voidRequested(2), voided], false, false, false],
    ['captured', paid, false, false, false],
  ])('when %s', (_, events, undecided, capturable, owed) => {
    const state = paymentAfter(events);
    expect([isUndecided(state), mayCapture(state), owesVoid(state)]).toEqual([undecided, capturable, owed]);
  });
});
