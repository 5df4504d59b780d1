/** The calls to a gateway, each after its intent stands in the log: call, ask where no answer came, record what it says. */
import type { Refund, RequestedPayment } from '../../domain/payments/state.ts';
import {
  type GatewayAnswer,
  type GatewayPayment,
  GatewayUnreachable,
  type PaymentGateway,
} from '../../platform/payments/gateway.ts';
import type { Shop } from '../shop.ts';
import { type Recorded, recordGatewayPayment, recordReport } from './report.ts';

export type GatewayStep = {
  /** The intent was appended a moment ago by this very run: no call can have gone out for it yet that matters. */
  readonly fresh: boolean;
  readonly correlationId: string;
};

/** What came of it; undefined: the gateway did not answer, or is still at it. */
export type GatewayResult = Promise<Recorded | undefined>;

/** How often in one run the gateway is called or asked before the rest is left to a later run. */
const TRIES = 4;

/** Has the gateway hold the money. */
export async function authorise(shop: Shop, payment: RequestedPayment, step: GatewayStep): GatewayResult {
  const { paymentId, amount } = payment;
  const gateway = gatewayOf(shop, payment);
  const token = await openToken(shop, payment);
  const key = `${paymentId}:authorise:1`;
  const answer = await certainly(gateway, payment, {
    fresh: step.fresh,
    call: () => gateway.authorise({ key, paymentId, token, amount }),
    isDone: () => true,
  });
  if (!answer) return undefined;
  if (answer.refused) {
    const command = { type: 'DeclinePayment', paymentId, reason: answer.failure } as const;
    return recordReport(shop, payment, { report: { key, status: 'declined', command }, ...step });
  }
  if (answer.payment.status === 'pending') return undefined;
  return recordGatewayPayment(shop, payment, { told: answer.payment, ...step });
}

/** Asks the gateway what it knows, and records it. */
export async function ask(shop: Shop, payment: RequestedPayment, step: GatewayStep): GatewayResult {
  const gateway = gatewayOf(shop, payment);
  const found = await unlessUnreachable(() => gateway.find(payment.paymentId));
  return found && recordGatewayPayment(shop, payment, { told: found, ...step });
}

/** Has the gateway take the money: the capture that was requested last. */
export async function capture(shop: Shop, payment: RequestedPayment, step: GatewayStep): GatewayResult {
  const { paymentId, amount } = payment;
  const { attempt } = payment.capture;
  const gateway = gatewayOf(shop, payment);
  const key = `${paymentId}:capture:${attempt}`;
  const answer = await certainly(gateway, payment, {
    fresh: step.fresh,
    call: () => gateway.capture({ key, paymentId, amount }),
    isDone: ({ captured }) => captured > 0,
  });
  if (!answer) return undefined;
  const report = answer.refused
    ? ({
        key,
        status: 'failed',
        command: { type: 'RecordCaptureFailed', paymentId, attempt, reason: answer.failure },
      } as const)
    : ({ key, status: 'captured', command: { type: 'RecordCaptured', paymentId, attempt } } as const);
  return recordReport(shop, payment, { report, ...step });
}

/** Has the gateway give back what it holds. */
export async function giveBack(shop: Shop, payment: RequestedPayment, step: GatewayStep): GatewayResult {
  const { paymentId, amount } = payment;
  const gateway = gatewayOf(shop, payment);
  const key = `${paymentId}:void:${payment.voiding.attempt}`;
  const answer = await certainly(gateway, payment, {
    fresh: step.fresh,
    call: () => gateway.void({ key, paymentId, amount }),
    isDone: ({ status }) => status === 'voided',
  });
  if (!answer) return undefined;
  // Nothing the shop can decide: a person has to look. It stays visible and is tried again, for money is owed.
  if (answer.refused) throw new Error(`the gateway refuses to void payment ${paymentId}: ${answer.failure.detail}`);
  const command = { type: 'RecordVoided', paymentId } as const;
  return recordReport(shop, payment, { report: { key, status: 'voided', command }, ...step });
}

/** Has the gateway give back what it took. */
export async function refund(
  shop: Shop,
  payment: RequestedPayment,
  step: GatewayStep & { readonly refund: Pick<Refund, 'refundId' | 'amount' | 'attempt'> },
): GatewayResult {
  const { paymentId } = payment;
  const { refundId, amount, attempt } = step.refund;
  const gateway = gatewayOf(shop, payment);
  const key = `${paymentId}:refund-${refundId}:${attempt}`;
  const answer = await certainly(gateway, payment, {
    fresh: step.fresh,
    call: () => gateway.refund({ key, paymentId, refundId, amount }),
    isDone: ({ refunds }) => refunds.some((done) => done.refundId === refundId),
  });
  if (!answer) return undefined;
  const report = answer.refused
    ? ({
        key,
        status: 'failed',
        command: { type: 'FailRefund', paymentId, refundId, attempt, reason: answer.failure },
      } as const)
    : ({ key, status: 'settled', command: { type: 'SettleRefund', paymentId, refundId } } as const);
  return recordReport(shop, payment, { report, ...step });
}

/** The gateway a payment began with. */
export function gatewayOf(shop: Shop, payment: RequestedPayment): PaymentGateway {
  const gateway = shop.gateways[payment.gateway];
  if (!gateway) throw new Error(`payment ${payment.paymentId} is with ${payment.gateway}, which is not configured`);
  return gateway;
}

type Certainly = {
  readonly fresh: boolean;
  readonly call: () => Promise<GatewayAnswer>;
  /** Whether what the gateway knows shows that the call had its effect. */
  readonly isDone: (payment: GatewayPayment) => boolean;
};

/** On an unknown outcome the gateway is asked by our reference first, then called again with the same key. */
async function certainly(
  gateway: PaymentGateway,
  { paymentId }: RequestedPayment,
  { fresh, call, isDone }: Certainly,
): Promise<GatewayAnswer | undefined> {
  let asks = !fresh;
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await unlessUnreachable(async () => {
      const found = asks ? await gateway.find(paymentId) : undefined;
      return found && isDone(found) ? ({ refused: false, payment: found } as const) : call();
    });
    if (answer) return answer;
    asks = true;
  }
  return undefined;
}

async function unlessUnreachable<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof GatewayUnreachable) return undefined;
    throw error;
  }
}

async function openToken(shop: Shop, { token, paymentId }: RequestedPayment): Promise<string> {
  const opened = await shop.keys.open(token);
  // Erased before the money was held: the gateway refuses an empty token for good, and the order ends by that.
  if (opened === undefined) return '';
  if (typeof opened !== 'string') throw new Error(`the token of payment ${paymentId} is no text`);
  return opened;
}
