import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { operate, type SandboxOperation, type SandboxPayment, settle, show } from './payment.ts';

const amount = { amount: 1_000, currency: 'USD' };
const at = { paymentId: 'p1', now: 0 };

/** Runs operations one after the other, each under its own key unless given. */
function run(...operations: readonly (SandboxOperation & { readonly key?: string; readonly now?: number })[]) {
  let payment: SandboxPayment | undefined;
  const answers = operations.map(({ key, now, ...operation }, i) => {
    const done = operate(payment, operation as SandboxOperation, { ...at, key: key ?? `k${i}`, now: now ?? 0 });
    payment = done.payment;
    return done.answer;
  });
  if (!payment) throw new Error('nothing was run');
  return { payment, shown: show(payment), answers, last: answers.at(-1) };
}

const authorise = (token: string) => ({ kind: 'authorise', token, amount }) as const;
const capture = { kind: 'capture', amount } as const;
const giveBack = { kind: 'void', amount } as const;

describe('the sandbox', () => {
  it.each([
    ['tok_visa', 'authorised', null],
    ['tok_mastercard', 'authorised', null],
    ['tok_flaky', 'authorised', null],
    ['tok_duplicate', 'authorised', null],
    ['tok_3ds', 'challenged', null],
    ['tok_slow', 'pending', null],
    ['tok_declined', 'declined', 'card_declined'],
    ['tok_insufficient_funds', 'declined', 'insufficient_funds'],
    ['tok_expired', 'declined', 'expired_card'],
  ])('takes %s as %s', (token, status, code) => {
    const { shown } = run(authorise(token));
    expect({ status: shown.status, code: shown.failure?.code ?? null }).toEqual({ status, code });
  });

  it('refuses a token it does not know and holds nothing', () => {
    expect(run(authorise('tok_other')).last).toMatchObject({ refused: true });
  });

  it('authorises a slow card after three seconds', () => {
    const { payment } = run(authorise('tok_slow'));
    expect(settle(payment, 2_999).status).toBe('pending');
    expect(settle(payment, 3_000).status).toBe('authorised');
  });

  it('gives the same answer to the same key, whatever happened since', () => {
    const { answers, shown } = run({ ...authorise('tok_visa'), key: 'a' }, capture, {
      ...authorise('tok_visa'),
      key: 'a',
    });
    expect(answers[2]).toEqual(answers[0]);
    expect(shown.status).toBe('captured');
  });

  it('charges once: a second capture under another key is refused', () => {
    const { last, payment } = run(authorise('tok_visa'), capture, capture);
    expect(last).toMatchObject({ refused: true, failure: { code: 'already_captured' } });
    expect(payment.captures).toEqual([1_000]);
  });

  it('captures only what is authorised, and no more', () => {
    expect(run(authorise('tok_declined'), capture).last).toMatchObject({ refused: true });
    expect(run(authorise('tok_3ds'), capture).last).toMatchObject({ refused: true });
    const more = { kind: 'capture', amount: { amount: 1_001, currency: 'USD' } } as const;
    expect(run(authorise('tok_visa'), more).last).toMatchObject({ refused: true });
  });

  it('holds nothing for a payment that was voided before it was authorised', () => {
    expect(run(giveBack, authorise('tok_visa')).shown.status).toBe('voided');
  });

  it('does not settle a slow card that was voided meanwhile', () => {
    expect(settle(run(authorise('tok_slow'), giveBack).payment, 10_000).status).toBe('voided');
  });

  it('refunds in parts, never more than it took, and each refund once', () => {
    const refund = (refundId: string, part: number) =>
      ({ kind: 'refund', refundId, amount: { amount: part, currency: 'USD' } }) as const;
    const { answers, shown } = run(
      authorise('tok_visa'),
      capture,
      refund('a', 600),
      refund('a', 600),
      refund('b', 401),
    );
    expect(answers[4]).toMatchObject({ refused: true, failure: { code: 'refund_too_large' } });
    expect(shown.refunds).toEqual([{ refundId: 'a', amount: 600 }]);
  });

  it('takes one answer to a challenge', () => {
    const pass = { kind: 'challenge', outcome: 'pass' } as const;
    const fail = { kind: 'challenge', outcome: 'fail' } as const;
    expect(run(authorise('tok_3ds'), pass).shown.status).toBe('authorised');
    const { shown, last } = run(authorise('tok_3ds'), fail, pass);
    expect(shown).toMatchObject({ status: 'declined', challenged: true });
    expect(last).toMatchObject({ refused: true, failure: { code: 'not_challenged' } });
  });

  it('never takes twice nor gives back more than it took, whatever is asked in whatever order', () => {
    const operation = fc.oneof(
      fc.constantFrom('tok_visa', 'tok_3ds', 'tok_slow', 'tok_declined').map(authorise),
      fc.constantFrom(capture, giveBack),
      fc.record({
        kind: fc.constant('refund' as const),
        refundId: fc.constantFrom('a', 'b', 'c'),
        amount: fc.record({ amount: fc.integer({ min: 1, max: 900 }), currency: fc.constant('USD') }),
      }),
      fc.record({
        kind: fc.constant('challenge' as const),
        outcome: fc.constantFrom('pass' as const, 'fail' as const),
      }),
    );
    const keyed = fc.tuple(operation, fc.nat({ max: 8 }), fc.nat({ max: 5_000 }));
    fc.assert(
      fc.property(fc.array(keyed, { minLength: 1, maxLength: 20 }), (steps) => {
        const { shown, payment } = run(...steps.map(([one, key, now]) => ({ ...one, key: `k${key}${one.kind}`, now })));
        const refunded = shown.refunds.reduce((sum, refund) => sum + refund.amount, 0);
        expect(payment.captures.length).toBeLessThanOrEqual(1);
        expect(refunded).toBeLessThanOrEqual(shown.captured);
        if (shown.status === 'voided' || shown.status === 'declined') expect(shown.captured).toBe(0);
      }),
    );
  });
});
