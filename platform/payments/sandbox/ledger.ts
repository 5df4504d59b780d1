/** The sandbox's books, for audits: what it holds, took and gave back, payment by payment. */
import type { Database } from '../../postgres/database.ts';
import { type SandboxPayment, settle } from './payment.ts';

/** All in minor units of `currency`. */
export type LedgerLine = {
  readonly paymentId: string;
  readonly status: SandboxPayment['status'];
  readonly currency: string;
  readonly amount: number;
  /** Authorised and neither captured nor given back. */
  readonly held: number;
  /** How often the card was charged: more than once would be a double charge. */
  readonly charges: number;
  readonly captured: number;
  readonly refunded: number;
};

/** Every payment the sandbox ever heard of, by id. */
export async function sandboxLedger(database: Database, now = Date.now()): Promise<readonly LedgerLine[]> {
  const { rows } = await database.pool.query<{ payment: SandboxPayment }>(
    'select payment from sandbox.payments order by payment_id',
  );
  return rows.map((row) => lineOf(settle(row.payment, now)));
}

function lineOf(payment: SandboxPayment): LedgerLine {
  const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
  return {
    paymentId: payment.paymentId,
    status: payment.status,
    currency: payment.amount.currency,
    amount: payment.amount.amount,
    held: payment.status === 'authorised' ? payment.amount.amount : 0,
    charges: payment.captures.length,
    captured: total(payment.captures),
    refunded: total(payment.refunds.map((refund) => refund.amount)),
  };
}
