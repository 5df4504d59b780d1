/** Given the states of an order's streams, what is next: one case for each rule. */
import { describe, expect, it } from '@jest/globals';
import { money } from '../../domain/money.ts';
import type { RequestedPayment } from '../../domain/payments/state.ts';
import { nextSteps } from './checkout-process.ts';
import type { CheckoutStates } from './checkout-states.ts';
import {
  A,
  AT,
  B,
  base,
  cancelled,
  captured,
  DEADLINE,
  free,
  held,
  line,
  next,
  orderId,
  plenty,
  rejected,
  released,
  requested,
  reserved,
  taken,
  terms,
} from './testing/checkout-states.ts';

describe('a cart that is checked out', () => {
  it('becomes an order', () => {
    expect(next({ order: { status: 'none' } })).toEqual(['place']);
  });

  it('never becomes one after its deadline', () => {
    expect(next({ order: { status: 'none' } }, DEADLINE)).toEqual(['reject deadline_passed']);
  });
});

describe('an order that is placed', () => {
  it('reserves all lines at once while there is plenty', () => {
    expect(next({}).toSorted()).toEqual(['reserve a', 'reserve b']);
  });

  it('reserves one by one, in the order of variant ids, as soon as one is scarce', () => {
    expect(next({ stock: { [A]: free(1_000), [B]: free(99) } })).toEqual(['reserve a']);
    expect(next({ stock: { [A]: taken(1_000), [B]: free(99) } })).toEqual(['reserve b']);
  });

  it('calls a quantity scarce that leaves less than ten times itself', () => {
    const bulk = { ...terms, quote: { ...terms.quote, lines: [line(B, 50), line(A)] } };
    const order = { status: 'placed', terms: bulk, updatedAt: AT } as const;
    expect(next({ order, stock: { [A]: free(1_000), [B]: free(499) } })).toEqual(['reserve a']);
    expect(next({ order, stock: { [A]: free(1_000), [B]: free(500) } })).toHaveLength(2);
  });

  it('asks for the money only when every line is reserved', () => {
    expect(next({ stock: { [A]: taken(1_000), [B]: free(1_000) } })).toEqual(['reserve b']);
    expect(next({ stock: reserved })).toEqual(['request-payment']);
  });

  it('calls the gateway after the intent stands in the log', () => {
    expect(next({ stock: reserved, payment: requested })).toEqual(['authorise']);
  });

  it('is confirmed when the money is held, also at its deadline', () => {
    expect(next({ stock: reserved, payment: held })).toEqual(['confirm']);
    expect(next({ stock: reserved, payment: held }, DEADLINE)).toEqual(['confirm']);
  });

  it('waits for a challenge, asks the gateway when nothing is heard, and ends at the deadline', () => {
    const payment = { ...requested, challenge: { url: null } };
    const waiting = nextSteps({ ...base, stock: reserved, payment }, AT);
    expect(waiting).toEqual({ steps: [], wakeAt: '2026-01-01T12:01:00.000Z' });
    expect(next({ stock: reserved, payment }, '2026-01-01T12:01:00.000Z')).toEqual(['ask']);
    expect(next({ stock: reserved, payment }, DEADLINE)).toEqual(['reject deadline_passed']);
  });

  it('is rejected when the payment is declined, and says whether it was the challenge', () => {
    const declined = { code: 'c', detail: 'No.', challenged: false };
    expect(next({ stock: reserved, payment: { ...requested, declined } })).toEqual(['reject payment_declined']);
    const failed = { ...requested, declined: { ...declined, challenged: true } };
    expect(next({ stock: reserved, payment: failed })).toEqual(['reject challenge_failed']);
  });
});

describe('an order whose payment can never be taken, though the money turned up late', () => {
  const declined = { code: 'c', detail: 'No.', challenged: false };
  const declinedThenHeld: RequestedPayment = { ...held, declined };
  const voidedThenHeld: RequestedPayment = { ...held, voiding: { status: 'none', attempt: 1 } };
  const lapsed: RequestedPayment = { ...held, held: false, voiding: { status: 'voided', attempt: 1 } };
  const order = { status: 'confirmed', terms, updatedAt: AT } as const;

  it('is rejected and never confirmed', () => {
    expect(next({ stock: reserved, payment: declinedThenHeld })).toEqual(['reject payment_declined']);
    expect(next({ stock: reserved, payment: voidedThenHeld })).toEqual(['reject payment_failed']);
    expect(next({ stock: reserved, payment: lapsed })).toEqual(['reject payment_failed']);
  });

  it('has the money given back', () => {
    const stock = { [A]: released, [B]: released };
    expect(next({ order: rejected, stock, payment: declinedThenHeld })).toEqual(['request-void']);
    expect(next({ order: rejected, stock, payment: voidedThenHeld })).toEqual(['request-void']);
  });

  it('is cancelled, and nothing captured, where it is confirmed already', () => {
    expect(next({ order, payment: declinedThenHeld })).toEqual(['cancel']);
    expect(next({ order, payment: voidedThenHeld })).toEqual(['cancel']);
  });
});

describe('an order that is confirmed', () => {
  const order = { status: 'confirmed', terms, updatedAt: AT } as const;

  it('sells what is reserved and asks to take the money', () => {
    expect(next({ order, stock: reserved, payment: held })).toEqual(['commit b', 'commit a', 'request-capture']);
  });

  it('takes the money after the intent, once', () => {
    const capturing: RequestedPayment = { ...held, capture: { status: 'requested', attempt: 1, failure: null } };
    expect(next({ order, payment: capturing })).toEqual(['capture']);
    expect(next({ order, payment: captured })).toEqual([]);
  });

  it('is cancelled when the money cannot be taken', () => {
    const failed: RequestedPayment = {
      ...held,
      capture: { status: 'failed', attempt: 1, failure: { code: 'c', detail: 'd' } },
    };
    expect(next({ order, payment: failed })).toEqual(['cancel']);
    const lapsed: RequestedPayment = { ...held, held: false, voiding: { status: 'voided', attempt: 1 } };
    expect(next({ order, payment: lapsed })).toEqual(['cancel']);
  });
});

describe('an order that was rejected', () => {
  const cart = { ...({} as object), status: 'checked_out', terms, lastOrderId: orderId } as CheckoutStates['cart'];

  it('gives back stock and money, and the cart only when the stock is back', () => {
    expect(next({ order: rejected, cart, stock: reserved, payment: held })).toEqual([
      'release b',
      'release a',
      'request-void',
    ]);
    const one = { ...reserved, [A]: released };
    expect(next({ order: rejected, cart, stock: one, payment: held })).toEqual(['release b', 'request-void']);
    const both = { [A]: released, [B]: released };
    expect(next({ order: rejected, cart, stock: both, payment: held })).toEqual(['request-void', 'reopen-cart']);
  });

  it('leaves a mark where nothing was reserved, as long as a reservation may be under way', () => {
    expect(
      next({ order: rejected, payment: { ...requested, declined: { code: '', detail: '', challenged: false } } }),
    ).toEqual(['release b', 'release a']);
    expect(
      next({ order: rejected, payment: { status: 'closed', paymentId: 'payment', orderId, updatedAt: AT } }, DEADLINE),
    ).toEqual([]);
  });

  it('closes a payment that was never asked for, and before that does not give back a cart that alone knows it', () => {
    const unplaced = { ...rejected, terms: null };
    expect(next({ order: unplaced, cart })).toEqual(['close-payment']);
    const closed = { status: 'closed', paymentId: 'payment', orderId, updatedAt: AT } as const;
    expect(next({ order: unplaced, cart, payment: closed })).toEqual(['reopen-cart']);
  });

  it('voids also what the gateway has not decided yet', () => {
    expect(next({ order: rejected, payment: requested }, DEADLINE)).toEqual(['request-void']);
    const asked: RequestedPayment = { ...requested, voiding: { status: 'requested', attempt: 1 } };
    expect(next({ order: rejected, payment: asked }, DEADLINE)).toEqual(['void']);
  });

  it('leaves a cart alone that another order has', () => {
    const other = { ...cart, terms: { ...terms, orderId: A } } as CheckoutStates['cart'];
    expect(
      next(
        { order: rejected, cart: other, payment: { ...requested, voiding: { status: 'voided', attempt: 1 } } },
        DEADLINE,
      ),
    ).toEqual([]);
  });
});

describe('an order that was cancelled', () => {
  it('refunds what was taken, and all of it', () => {
    const steps = nextSteps({ ...base, order: cancelled, payment: captured }, AT).steps;
    expect(steps.find((step) => step.do === 'request-refund')).toMatchObject({ amount: money(200, 'USD'), attempt: 1 });
  });

  it('brings a capture that was asked for to its end first', () => {
    const capturing: RequestedPayment = { ...held, capture: { status: 'requested', attempt: 1, failure: null } };
    expect(next({ order: { ...cancelled, wasConfirmed: false }, payment: capturing }, DEADLINE)).toEqual(['capture']);
  });

  it('takes back what was sold, however late', () => {
    const steps = nextSteps({ ...base, order: cancelled, payment: captured }, DEADLINE).steps;
    expect(steps.filter((step) => step.do === 'release')).toMatchObject([{ soldBefore: true }, { soldBefore: true }]);
  });

  it('tries a refund again that the gateway refused, after a while', () => {
    const failed = { refundId: A, amount: money(200, 'USD'), reason: '', status: 'failed', attempt: 1 } as const;
    const payment = { ...captured, refunds: [failed] };
    const order = { ...cancelled, wasConfirmed: false };
    expect(nextSteps({ ...base, order, payment, stock: plenty }, '2026-01-01T12:00:30.000Z').wakeAt).not.toBeNull();
    expect(next({ order, payment }, DEADLINE)).toEqual(['request-refund']);
  });

  it('keeps its cart', () => {
    const cart = { status: 'checked_out', terms, lastOrderId: orderId } as CheckoutStates['cart'];
    expect(next({ order: cancelled, cart, payment: captured })).not.toContain('reopen-cart');
  });
});
