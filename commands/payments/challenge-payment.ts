/** The buyer's answer to a challenge: told to the gateway, whose word goes into the payment's stream. */

import { paymentDecider } from '../../domain/payments/decide.ts';
import type { RequestedPayment } from '../../domain/payments/state.ts';
import { isChallenged } from '../../domain/payments/status.ts';
import { isRejection, type Rejection, reject } from '../../domain/rejection.ts';
import type { PaymentResource } from '../../domain/resources.ts';
import { latest } from '../../event-store/port.ts';
import { isTellable } from '../orders/checkout-states.ts';
import { loadCheckout } from '../orders/load-checkout.ts';
import { paymentResource } from '../orders/order-resource.ts';
import { runCheckout } from '../orders/run-checkout.ts';
import { notFound, type Outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { gatewayOf } from './gateway-steps.ts';
import { recordGatewayPayment } from './report.ts';

export type ChallengeInput = { readonly paymentId: string; readonly outcome: 'pass' | 'fail' };

/**
 * The payment as it then is; 409 `not_challenged` where no challenge is open. Repeated after a crash it finds the gateway's
 * word and goes on. Who may answer is the caller's to judge. Throws `GatewayUnreachable`: send it again.
 */
export async function challengePayment(
  shop: Shop,
  { paymentId, outcome }: ChallengeInput,
  context: CommandContext,
): Promise<Outcome<PaymentResource> | Rejection> {
  const payment = await requestedPayment(shop, paymentId);
  if (isRejection(payment)) return payment;
  if (!isChallenged(payment)) return notChallenged();
  const answer = await gatewayOf(shop, payment).answerChallenge(paymentId, outcome);
  const told = answer.refused ? await gatewayOf(shop, payment).find(paymentId) : answer.payment;
  const { correlationId } = context;
  const recorded = told ? await recordGatewayPayment(shop, payment, { told, correlationId }) : undefined;
  // The gateway had its answer before, by another way.
  if (answer.refused) return notChallenged();
  const loaded = await loadCheckout(shop, { orderId: payment.orderId });
  const ran = loaded && (await runCheckout(shop, loaded, { correlationId, until: isTellable }));
  if (ran) {
    shop.background.run(`the rest of order ${payment.orderId}`, () => runCheckout(shop, ran, { correlationId }));
  }
  const after = await shop.runtime.load(paymentDecider, paymentId);
  const position = [recorded, ran].reduce((highest, one) => latest(highest, one?.position ?? null), after.position);
  const state = paymentResource(after.state.status === 'requested' ? after.state : payment);
  return { state, revision: after.revision, position };
}

async function requestedPayment(shop: Shop, paymentId: string): Promise<RequestedPayment | Rejection> {
  const { state: cached } = await shop.runtime.load(paymentDecider, paymentId);
  if (isChallenged(cached) && cached.status === 'requested') return cached;
  const { state } = await shop.runtime.load(paymentDecider, paymentId, { fresh: true });
  return state.status === 'requested' ? state : state.status === 'closed' ? notChallenged() : notFound('payment');
}

function notChallenged(): Rejection {
  return reject('not_challenged', 'This payment has no open challenge: look at its order for what is next.');
}
