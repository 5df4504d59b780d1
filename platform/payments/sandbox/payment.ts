/** What the sandbox does with a payment: pure, one payment at a time. Its store keeps what comes out. */
import type { GatewayAnswer, GatewayFailure, GatewayMoney, GatewayPayment, GatewayStatus } from '../gateway.ts';
import { type SandboxCard, sandboxCard } from './cards.ts';

/** A payment as the sandbox keeps it. */
export type SandboxPayment = {
  readonly paymentId: string;
  readonly reference: string;
  /** Empty where it was voided before it was ever authorised. */
  readonly token: string;
  readonly amount: GatewayMoney;
  readonly status: GatewayStatus;
  /** When a pending one is authorised, in milliseconds since 1970. */
  readonly settlesAt: number | null;
  readonly challenged: boolean;
  readonly failure: GatewayFailure | null;
  /** Each time the card was really charged or credited, in minor units: more than one capture would be a double charge. */
  readonly captures: readonly number[];
  readonly refunds: readonly { readonly refundId: string; readonly amount: number }[];
  /** Calls that still get no answer. */
  readonly unanswered: number;
  /** The answer given to each idempotency key. */
  readonly answers: Readonly<Record<string, GatewayAnswer>>;
};

export type SandboxOperation =
  | { readonly kind: 'authorise'; readonly token: string; readonly amount: GatewayMoney }
  | { readonly kind: 'capture'; readonly amount: GatewayMoney }
  | { readonly kind: 'void'; readonly amount: GatewayMoney }
  | { readonly kind: 'refund'; readonly refundId: string; readonly amount: GatewayMoney }
  | { readonly kind: 'challenge'; readonly outcome: 'pass' | 'fail' };

export type SandboxOutcome = { readonly payment: SandboxPayment; readonly answer: GatewayAnswer };

/** Runs an operation once: a key that was answered before gets that answer again and changes nothing. */
export function operate(
  payment: SandboxPayment | undefined,
  operation: SandboxOperation,
  call: { readonly key: string; readonly paymentId: string; readonly now: number },
): SandboxOutcome {
  const present = payment && settle(payment, call.now);
  const before = present?.answers[call.key];
  if (present && before) return { payment: present, answer: before };
  const next = perform(present ?? blank(call.paymentId, operation), operation, call.now);
  const answer: GatewayAnswer = 'payment' in next ? { refused: false, payment: show(next.payment) } : next;
  const changed = 'payment' in next ? next.payment : (present ?? blank(call.paymentId, operation));
  return { payment: { ...changed, answers: { ...changed.answers, [call.key]: answer } }, answer };
}

/** A pending payment whose time has come is authorised. */
export function settle(payment: SandboxPayment, now: number): SandboxPayment {
  if (payment.status !== 'pending' || payment.settlesAt === null || now < payment.settlesAt) return payment;
  return { ...payment, status: 'authorised', settlesAt: null };
}

/** What the sandbox tells of a payment. */
export function show(payment: SandboxPayment): GatewayPayment {
  return {
    paymentId: payment.paymentId,
    reference: payment.reference,
    status: payment.status,
    amount: payment.amount,
    url: null,
    challenged: payment.challenged,
    failure: payment.failure,
    captured: payment.captures.reduce((sum, amount) => sum + amount, 0),
    refunds: payment.refunds,
  };
}

type Performed = { readonly payment: SandboxPayment } | { readonly refused: true; readonly failure: GatewayFailure };

function perform(payment: SandboxPayment, operation: SandboxOperation, now: number): Performed {
  switch (operation.kind) {
    case 'authorise':
      return authorise(payment, operation.token, now);
    case 'capture':
      return capture(payment, operation.amount);
    case 'void':
      if (payment.captures.length > 0) return refuse('already_captured', 'The payment was captured: refund it.');
      return payment.status === 'declined'
        ? { payment }
        : { payment: { ...payment, status: 'voided', settlesAt: null } };
    case 'refund':
      return refund(payment, operation.refundId, operation.amount);
    case 'challenge':
      return answerChallenge(payment, operation.outcome);
  }
}

function authorise(payment: SandboxPayment, token: string, now: number): Performed {
  const card = sandboxCard(token);
  if (!card) return refuse('unknown_token', 'No such test card.');
  // Authorised before under another key, or voided before it was authorised: nothing is held a second time.
  if (payment.token !== '' || payment.status === 'voided') return { payment };
  return { payment: charge({ ...payment, token }, card, now) };
}

function charge(payment: SandboxPayment, card: SandboxCard, now: number): SandboxPayment {
  return {
    ...payment,
    status: card.outcome,
    challenged: card.outcome === 'challenged',
    failure: card.failure ?? null,
    settlesAt: card.outcome === 'pending' ? now + (card.settlesAfterMs ?? 0) : null,
    unanswered: card.unanswered ?? 0,
  };
}

function capture(payment: SandboxPayment, amount: GatewayMoney): Performed {
  if (payment.captures.length > 0) return refuse('already_captured', 'The payment was captured before.');
  if (payment.status !== 'authorised') return refuse('not_authorised', `The payment is ${payment.status}.`);
  if (amount.currency !== payment.amount.currency || amount.amount > payment.amount.amount) {
    return refuse('amount_too_large', 'More than was authorised.');
  }
  return { payment: { ...payment, status: 'captured', captures: [amount.amount] } };
}

function refund(payment: SandboxPayment, refundId: string, amount: GatewayMoney): Performed {
  if (payment.refunds.some((done) => done.refundId === refundId)) return { payment };
  const { captured, refunds } = show(payment);
  const left = captured - refunds.reduce((sum, done) => sum + done.amount, 0);
  if (amount.currency !== payment.amount.currency || amount.amount > left) {
    return refuse('refund_too_large', 'More than is left of what was captured.');
  }
  return { payment: { ...payment, refunds: [...payment.refunds, { refundId, amount: amount.amount }] } };
}

function answerChallenge(payment: SandboxPayment, outcome: 'pass' | 'fail'): Performed {
  if (payment.status !== 'challenged') return refuse('not_challenged', `The payment is ${payment.status}.`);
  if (outcome === 'pass') return { payment: { ...payment, status: 'authorised' } };
  const failure = { code: 'challenge_failed', detail: 'The card holder could not be verified.' };
  return { payment: { ...payment, status: 'declined', failure } };
}

function refuse(code: string, detail: string): Performed {
  return { refused: true, failure: { code, detail } };
}

function blank(paymentId: string, operation: SandboxOperation): SandboxPayment {
  return {
    paymentId,
    reference: `sb_${paymentId.replaceAll('-', '')}`,
    token: '',
    amount: 'amount' in operation ? operation.amount : { amount: 0, currency: 'USD' },
    status: 'pending',
    settlesAt: null,
    challenged: false,
    failure: null,
    captures: [],
    refunds: [],
    unanswered: 0,
    answers: {},
  };
}
