/** Both sides say the same of a payment: the command side from its state, the rows from its events. */
import { describe, expect, it } from '@jest/globals';
import type { PaymentCommand } from '../../domain/payments/commands.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import type { PaymentEvent } from '../../domain/payments/events.ts';
import { evolvePayment, initialPayment, type PaymentState } from '../../domain/payments/state.ts';
import { capturedOf, refundedOf, statusOf } from '../../domain/payments/status.ts';
import { isRejection } from '../../domain/rejection.ts';
import { NOW } from '../../domain/testing/given.ts';
import { ask } from '../../domain/testing/payments.ts';
import { usd } from '../../domain/testing/samples.ts';
import type { ProjectedEvent } from '../runtime/types.ts';
import type { PaymentEventType } from './progress.ts';
import { type PaymentRow, paymentsProjection } from './projection.ts';

const fixed = [ask.request, ask.challenge, ask.authorise, ask.decline, ask.capture, ask.void, ask.voided, ask.close];
const commands: readonly PaymentCommand[] = [
  ...fixed,
  ...[1, 2].flatMap((attempt) => [ask.captured(attempt), ask.captureFailed(attempt)]),
  ...[1, 2].flatMap((n) => [ask.refund(n, usd(500)), ask.settle(n), ask.failRefund(n, 1), ask.failRefund(n, 2)]),
];
// Deep enough for a payment that is declined, held late, voided, held again, and for two refunds that fail and settle.
const DEPTH = 12;

type Met = { readonly state: PaymentState; readonly row: PaymentRow | undefined; readonly history: readonly string[] };

/** Where one more event leads, on both sides. */
function after({ state, row, history }: Met, event: PaymentEvent): Met {
  const seen = { ...event, metadata: { occurredAt: NOW } } as unknown as ProjectedEvent<PaymentEventType>;
  return {
    state: evolvePayment(state, { ...event, at: NOW }),
    row: paymentsProjection.project(seen, row, event.data.paymentId) ?? undefined,
    history: [...history, event.type],
  };
}

function step(met: Met): Met[] {
  return commands.flatMap((command) => {
    const decision = paymentDecider.decide(command, met.state, NOW);
    if (isRejection(decision) || decision.length === 0) return [];
    return [decision.reduce(after, met)];
  });
}

/** Every pair of state and row that commands lead to, each once, with the first history that led there. */
function reachable(): Met[] {
  const known = new Map<string, Met>();
  let edge: Met[] = [{ state: initialPayment, row: undefined, history: [] }];
  for (let depth = 0; depth < DEPTH; depth++) {
    const fresh = new Map(edge.flatMap(step).map((met) => [JSON.stringify([met.state, met.row]), met]));
    edge = [...fresh].filter(([key]) => !known.has(key)).map(([, met]) => met);
    for (const met of edge) known.set(JSON.stringify([met.state, met.row]), met);
  }
  return [...known.values()];
}

describe('a payment', () => {
  const all = reachable();

  it('comes to the same status and amounts by its rows as by its state, whatever happened in whatever order', () => {
    const different = all.flatMap(({ state, row, history }) => {
      if (state.status !== 'requested') return [];
      const ours = [row?.status, row?.captured, row?.refunded];
      const theirs = [statusOf(state), capturedOf(state).amount, refundedOf(state).amount];
      return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ history: history.join(' '), ours, theirs }];
    });
    expect(different.slice(0, 10)).toEqual([]);
  });

  it('was followed to every status there is, and has a row exactly when it was requested', () => {
    const statuses = new Set(all.map(({ row }) => row?.status ?? 'no row'));
    expect([...statuses].toSorted()).toEqual([
      'authorised',
      'captured',
      'challenged',
      'declined',
      'failed',
      'no row',
      'partly_refunded',
      'refunded',
      'requested',
      'voided',
    ]);
    expect(all.every(({ state, row }) => (row !== undefined) === (state.status === 'requested'))).toBe(true);
  });
});
