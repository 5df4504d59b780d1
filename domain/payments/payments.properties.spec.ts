/** Whatever is asked, and whatever the gateway says in whatever order: money is conserved. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { play, stateOf } from '../testing/given.ts';
import { ask } from '../testing/payments.ts';
import { usd } from '../testing/samples.ts';
import type { PaymentCommand } from './commands.ts';
import { paymentDecider } from './decide.ts';
import type { PaymentEvent } from './events.ts';
import { refundableOf, refundedOf } from './status.ts';

const attempt = fc.integer({ min: 1, max: 3 });
const nth = fc.integer({ min: 1, max: 4 });
const fixed = [ask.request, ask.challenge, ask.authorise, ask.decline, ask.capture, ask.void, ask.voided, ask.close];
const command: fc.Arbitrary<PaymentCommand> = fc.oneof(
  fc.constantFrom<PaymentCommand>(...fixed),
  attempt.map(ask.captured),
  attempt.map(ask.captureFailed),
  fc.tuple(nth, fc.integer({ min: 0, max: 1_100 })).map(([n, amount]) => ask.refund(n, usd(amount))),
  nth.map(ask.settle),
  fc.tuple(nth, attempt).map(([n, of]) => ask.failRefund(n, of)),
);
/** Half of the runs start with money taken, so that refunds are reached. */
const plans = fc
  .tuple(fc.boolean(), fc.array(command, { maxLength: 60 }))
  .map(([paid, more]) => (paid ? [ask.request, ask.authorise, ask.capture, ask.captured(1), ...more] : more))
  .map((commands) => commands.map((asked) => ({ command: asked })));

function of<T extends PaymentEvent['type']>(events: readonly PaymentEvent[], type: T) {
  return events.filter((event): event is Extract<PaymentEvent, { type: T }> => event.type === type);
}

function sumOf(events: readonly { data: { amount: { amount: number } } }[]): number {
  return events.reduce((total, { data }) => total + data.amount.amount, 0);
}

describe('a payment', () => {
  it('gives back no more than it took, settled or under way', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { events, state } = play(paymentDecider, plan);
        const taken = sumOf(of(events, 'PaymentCaptured'));
        const back = sumOf(of(events, 'RefundSettled'));
        expect(back).toBeLessThanOrEqual(taken);
        if (state.status !== 'requested') return;
        expect(state.captured).toBe(taken);
        expect(refundedOf(state).amount).toBe(back);
        expect(refundableOf(state).amount).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is requested, held and taken once at most, and each refund settled once at most', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { events } = play(paymentDecider, plan);
        for (const type of ['PaymentRequested', 'PaymentAuthorised', 'PaymentCaptured'] as const) {
          expect(of(events, type).length).toBeLessThanOrEqual(1);
        }
        const settled = of(events, 'RefundSettled').map(({ data }) => data.refundId);
        expect(new Set(settled).size).toBe(settled.length);
      }),
    );
  });

  it('never has a capture and a void under way together', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { events } = play(paymentDecider, plan);
        for (let end = 1; end <= events.length; end++) {
          const state = stateOf(paymentDecider, events.slice(0, end));
          if (state.status !== 'requested') continue;
          expect([state.capture.status, state.voiding.status]).not.toEqual(['requested', 'requested']);
        }
      }),
    );
  });

  it('raises the attempt of a capture only after the one before had failed', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { events } = play(paymentDecider, plan);
        let failed = 0;
        for (const event of events) {
          if (event.type === 'CaptureRequested') expect(event.data.attempt).toBe(failed + 1);
          if (event.type === 'CaptureFailed') failed = event.data.attempt;
        }
      }),
    );
  });

  it('keeps a state that is plain JSON', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { state } = play(paymentDecider, plan);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
