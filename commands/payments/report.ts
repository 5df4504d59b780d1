/** Brings what a gateway says of a payment into its stream: from an answer, a look-up or a webhook, in any order. */

import type { PaymentCommand } from '../../domain/payments/commands.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import type { PaymentState, RequestedPayment } from '../../domain/payments/state.ts';
import { isRejection } from '../../domain/rejection.ts';
import { latest, type Position } from '../../event-store/port.ts';
import { nameId } from '../../platform/ids.ts';
import type { GatewayPayment } from '../../platform/payments/gateway.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

/** The payment as it then is, and the highest position of what was written. */
export type Recorded = { readonly payment: PaymentState; readonly position: Position | null };

/** What a gateway reported, and under which of its keys. */
export type Report = {
  /** `paymentId:operation:attempt`. */
  readonly key: string;
  readonly status: string;
  readonly command: PaymentCommand;
};

/** Records all that a gateway's picture of a payment has and we have not; `payment` is what we know so far. */
export async function recordGatewayPayment(
  shop: Shop,
  payment: RequestedPayment,
  { told, correlationId }: { readonly told: GatewayPayment; readonly correlationId: string },
): Promise<Recorded> {
  let recorded: Recorded = { payment, position: null };
  for (const report of reportsOf(payment, told)) {
    const next = await recordReport(shop, payment, { report, correlationId });
    recorded = { payment: next.payment, position: latest(recorded.position, next.position) };
  }
  return recorded;
}

/**
 * Records one report. Its command's id is made of the gateway's key and the status it reports, so that an answer and a
 * webhook with the same status are one command.
 */
export async function recordReport(
  shop: Shop,
  payment: RequestedPayment,
  { report, correlationId }: { readonly report: Report; readonly correlationId: string },
): Promise<Recorded> {
  const context: CommandContext = {
    commandId: nameId('gateway', payment.gateway, report.key, report.status),
    issuedAt: shop.now(),
    actor: `gateway:${payment.gateway}`,
    correlationId,
  };
  const options = { naturalKey: true };
  const handled = await shop.runtime.handle(paymentDecider, payment.paymentId, report.command, context, options);
  if (isRejection(handled)) {
    throw new Error(`payment ${payment.paymentId} does not take the report ${report.status}: ${handled.detail}`);
  }
  return { payment: handled.state, position: handled.position };
}

function reportsOf(payment: RequestedPayment, told: GatewayPayment): Report[] {
  const { paymentId } = payment;
  const settled = told.refunds
    .filter(({ refundId }) => payment.refunds.some((owed) => owed.refundId === refundId && owed.status !== 'settled'))
    .map(({ refundId }): Report => {
      const attempt = payment.refunds.find((owed) => owed.refundId === refundId)?.attempt ?? 1;
      const key = `${paymentId}:refund-${refundId}:${attempt}`;
      return { key, status: 'settled', command: { type: 'SettleRefund', paymentId, refundId } };
    });
  const status = reportOf(payment, told);
  return status ? [status, ...settled] : settled;
}

function reportOf(payment: RequestedPayment, told: GatewayPayment): Report | undefined {
  const { paymentId } = payment;
  const { reference, url, failure } = told;
  const authorise = `${paymentId}:authorise:1`;
  switch (told.status) {
    case 'pending':
      return undefined;
    case 'challenged':
      return { key: authorise, status: 'challenged', command: { type: 'ChallengePayment', paymentId, reference, url } };
    case 'authorised':
      return { key: authorise, status: 'authorised', command: { type: 'AuthorisePayment', paymentId, reference } };
    case 'declined': {
      const reason = failure ?? { code: 'declined', detail: 'The payment was declined. Use another card.' };
      return { key: authorise, status: 'declined', command: { type: 'DeclinePayment', paymentId, reason } };
    }
    case 'captured': {
      const { attempt } = payment.capture;
      // Captured without our intent: not ours to record; nothing here ever asked for it.
      if (attempt === 0) return undefined;
      const key = `${paymentId}:capture:${attempt}`;
      return { key, status: 'captured', command: { type: 'RecordCaptured', paymentId, attempt } };
    }
    case 'voided': {
      const key = `${paymentId}:void:${Math.max(1, payment.voiding.attempt)}`;
      return { key, status: 'voided', command: { type: 'RecordVoided', paymentId } };
    }
  }
}
