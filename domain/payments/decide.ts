/**
 * The rules of money: an intent stands before each call to the gateway, capture and void exclude
 * each other, and no more is given back than was taken. What the gateway reports late or out of order is recorded where
 * it moved money, and otherwise changes nothing.
 */
import type { Decider, Decision } from '../decider.ts';
import { reject } from '../rejection.ts';
import { unreachable } from '../unreachable.ts';
import { recordCaptured, recordCaptureFailed, requestCapture, requestVoid } from './capture-or-void.ts';
import type { PaymentCommand } from './commands.ts';
import type { PaymentEvent } from './events.ts';
import { failRefund, requestRefund, settleRefund } from './refund.ts';
import { evolvePayment, initialPayment, type PaymentState, type RequestedPayment } from './state.ts';

export const paymentDecider: Decider<PaymentState, PaymentCommand, PaymentEvent> = {
  category: 'payment',
  stateVersion: 1,
  initialState: initialPayment,
  evolve: evolvePayment,
  decide,
};

function decide(command: PaymentCommand, state: PaymentState): Decision<PaymentEvent> {
  if (command.type === 'RequestPayment') return request(command, state);
  if (command.type === 'ClosePayment') return close(command, state);
  if (state.status !== 'requested') {
    // Nothing was ever asked of the gateway, so there is nothing to give back.
    if (state.status === 'closed' && command.type === 'RequestVoid') return [];
    return reject('not_found', 'There is no such payment.', { kind: 'not_found' });
  }
  switch (command.type) {
    case 'ChallengePayment':
      return challenge(command, state);
    case 'AuthorisePayment':
      return authorise(command.reference, state);
    case 'DeclinePayment':
      return decline(command, state);
    case 'RequestCapture':
      return requestCapture(state);
    case 'RecordCaptured':
      return recordCaptured(command.attempt, state);
    case 'RecordCaptureFailed':
      return recordCaptureFailed(command, state);
    case 'RequestVoid':
      return requestVoid(state);
    case 'RecordVoided':
      return recordVoided(state);
    case 'RequestRefund':
      return requestRefund(command, state);
    case 'SettleRefund':
      return settleRefund(command.refundId, state);
    case 'FailRefund':
      return failRefund(command, state);
    default:
      return unreachable(command);
  }
}

function request(
  command: Extract<PaymentCommand, { type: 'RequestPayment' }>,
  { status }: PaymentState,
): Decision<PaymentEvent> {
  if (status === 'requested') return [];
  if (status === 'closed') {
    return reject('payment_closed', 'The order ended before this payment was asked for: check out again.');
  }
  const { type: _, ...data } = command;
  return [{ type: 'PaymentRequested', data }];
}

function close(
  { paymentId, orderId }: Extract<PaymentCommand, { type: 'ClosePayment' }>,
  { status }: PaymentState,
): Decision<PaymentEvent> {
  if (status === 'closed') return [];
  if (status === 'requested') {
    return reject('payment_requested', 'This payment was asked of the gateway: request a void instead.');
  }
  return [{ type: 'PaymentVoided', data: { paymentId, orderId } }];
}

/** Late, it says nothing new: the gateway has decided, or was told to forget. */
function challenge(
  { reference, url }: Extract<PaymentCommand, { type: 'ChallengePayment' }>,
  state: RequestedPayment,
): Decision<PaymentEvent> {
  const { paymentId, orderId, challenge: before } = state;
  const repeated = before !== null && before.url === url && state.reference === reference;
  const late = state.authorised || state.declined || state.capture.status !== 'none' || state.voiding.status !== 'none';
  return repeated || late ? [] : [{ type: 'PaymentChallenged', data: { paymentId, orderId, reference, url } }];
}

/** Recorded once, whatever came before: money that is held unseen is never given back. */
function authorise(reference: string, state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId } = state;
  return state.authorised ? [] : [{ type: 'PaymentAuthorised', data: { paymentId, orderId, reference } }];
}

/** Ignored once the money is held or taken: a capture or a void will tell how that ends. */
function decline(
  { reason }: Extract<PaymentCommand, { type: 'DeclinePayment' }>,
  state: RequestedPayment,
): Decision<PaymentEvent> {
  const { paymentId, orderId } = state;
  if (state.declined || state.authorised || state.capture.status !== 'none') return [];
  const challenged = state.challenge !== null;
  return [{ type: 'PaymentDeclined', data: { paymentId, orderId, reason, challenged } }];
}

/** Also unasked: an authorisation that ran out. Not while a capture is under way, whose own answer decides. */
function recordVoided(state: RequestedPayment): Decision<PaymentEvent> {
  const { paymentId, orderId, capture, voiding, held } = state;
  if (capture.status === 'requested' || capture.status === 'captured') return [];
  if (!held && (voiding.status === 'voided' || (state.declined && voiding.status === 'none'))) return [];
  return [{ type: 'PaymentVoided', data: { paymentId, orderId } }];
}
