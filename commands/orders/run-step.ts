/** Runs one step of the checkout process, with an id that is the same whoever runs it and however often. */
import { cartDecider } from '../../domain/carts/decide.ts';
import { later } from '../../domain/instant.ts';
import type { InventoryCommand } from '../../domain/inventory/commands.ts';
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import type { OrderCommand } from '../../domain/orders/commands.ts';
import { orderDecider } from '../../domain/orders/decide.ts';
import type { RejectionReason } from '../../domain/orders/events.ts';
import type { PaymentCommand } from '../../domain/payments/commands.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import type { Position } from '../../event-store/port.ts';
import { nameId } from '../../platform/ids.ts';
import { ask, authorise, capture, type GatewayResult, giveBack, refund } from '../payments/gateway-steps.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import type { CheckoutStates } from './checkout-states.ts';
import { type Step, stepKey } from './checkout-steps.ts';

export type StepRun = {
  readonly correlationId: string;
  /** Keys of the steps this run has done already. */
  readonly done: ReadonlySet<string>;
};

/** What a step left behind. */
export type StepResult =
  | {
      readonly kind: 'done';
      readonly changed: Partial<Pick<CheckoutStates, 'cart' | 'order' | 'payment' | 'stock'>>;
      readonly position: Position | null;
    }
  /** Decided on states that are not the present ones any more: read them again. */
  | { readonly kind: 'refused'; readonly rejection: Rejection }
  /** The gateway has not decided, or did not answer. */
  | { readonly kind: 'waiting' };

/** Taking has a time limit, counted from the reading of the order's state. */
const TAKE_WITHIN_MS = 30_000;

/** Runs it. Throws when an engine is away. */
export function runStep(
  shop: Shop,
  states: CheckoutStates,
  run: StepRun & { readonly step: Step },
): Promise<StepResult> {
  const { step } = run;
  const { orderId } = states;
  switch (step.do) {
    case 'place':
      return toOrder(shop, states, { ...run, command: { type: 'PlaceOrder', terms: step.terms }, isNew: true });
    case 'confirm':
      return toOrder(shop, states, { ...run, command: { type: 'ConfirmOrder', orderId } });
    case 'reject':
      return rejectOrder(shop, states, { ...run, reason: step.reason });
    case 'cancel': {
      const reason = { code: 'payment_failed', detail: step.detail } as const;
      return toOrder(shop, states, { ...run, command: { type: 'CancelOrder', orderId, reason } });
    }
    case 'reserve':
      return reserve(shop, states, { ...run, step });
    case 'commit': {
      const { variantId } = step;
      return toStock(shop, states, { ...run, command: { type: 'CommitReservation', variantId, orderId } });
    }
    case 'release': {
      const { do: _, endedAt, ...line } = step;
      // Nothing that could take was issued later than this after the end.
      const validUntil = later(endedAt, 2 * TAKE_WITHIN_MS);
      return toStock(shop, states, { ...run, command: { type: 'ReleaseReservation', orderId, validUntil, ...line } });
    }
    case 'reopen-cart':
      return reopenCart(shop, states, { ...run, cartId: step.cartId });
    default:
      return isGatewayStep(step)
        ? atGateway(shop, states, { ...run, step })
        : toPayment(shop, states, { ...run, step });
  }
}

type With<T> = StepRun & { readonly step: Step } & T;
type GatewayCall = Extract<Step, { do: 'authorise' | 'ask' | 'capture' | 'void' | 'refund' }>;
type PaymentIntent = Extract<
  Step,
  { do: 'request-payment' | 'request-capture' | 'request-void' | 'request-refund' | 'close-payment' }
>;

async function toOrder(
  shop: Shop,
  { orderId }: CheckoutStates,
  run: With<{ readonly command: OrderCommand; readonly isNew?: boolean }>,
): Promise<StepResult> {
  const options = { naturalKey: true, isNew: run.isNew ?? false };
  const handled = await shop.runtime.handle(orderDecider, orderId, run.command, contextOf(shop, orderId, run), options);
  if (isRejection(handled)) return { kind: 'refused', rejection: handled };
  return { kind: 'done', changed: { order: handled.state }, position: handled.position };
}

function rejectOrder(
  shop: Shop,
  states: CheckoutStates,
  run: With<{ readonly reason: RejectionReason }>,
): Promise<StepResult> {
  const { orderId, terms } = states;
  if (terms === null) throw new Error(`order ${orderId} has no terms to reject`);
  return toOrder(shop, states, {
    ...run,
    step: { do: 'reject', reason: run.reason },
    command: { type: 'RejectOrder', orderId, cartId: terms.cartId, reason: run.reason },
  });
}

async function reserve(
  shop: Shop,
  states: CheckoutStates,
  run: StepRun & { readonly step: Extract<Step, { do: 'reserve' }> },
): Promise<StepResult> {
  const { do: _, ...line } = run.step;
  const validUntil = later(states.readAt, TAKE_WITHIN_MS);
  const command = { type: 'ReserveStock', orderId: states.orderId, validUntil, ...line } as const;
  const result = await toStock(shop, states, { ...run, command });
  if (result.kind !== 'refused' || result.rejection.code !== 'out_of_stock') return result;
  const name = states.terms?.quote.lines.find(({ variantId }) => variantId === line.variantId)?.name ?? 'An item';
  const detail = `${name} is out of stock. The cart is open again: change it and check out once more.`;
  return rejectOrder(shop, states, { ...run, reason: { code: 'out_of_stock', detail } });
}

async function toStock(
  shop: Shop,
  { orderId }: CheckoutStates,
  run: With<{ readonly command: Extract<InventoryCommand, { orderId: string }> }>,
): Promise<StepResult> {
  const { command } = run;
  // Only a release is known by its command's id alone: what was sold leaves no trace in the state after a while.
  const options: HandleOptions = { naturalKey: command.type !== 'ReleaseReservation' };
  const context = contextOf(shop, orderId, run);
  const handled = await shop.runtime.handle(inventoryDecider, command.variantId, command, context, options);
  if (isRejection(handled)) return { kind: 'refused', rejection: handled };
  return { kind: 'done', changed: { stock: { [command.variantId]: handled.state } }, position: handled.position };
}

async function reopenCart(
  shop: Shop,
  { orderId }: CheckoutStates,
  run: With<{ readonly cartId: string }>,
): Promise<StepResult> {
  const command = { type: 'ReopenCart', cartId: run.cartId, orderId } as const;
  const context = contextOf(shop, orderId, run);
  const handled = await shop.runtime.handle(cartDecider, run.cartId, command, context, { naturalKey: true });
  if (isRejection(handled)) return { kind: 'refused', rejection: handled };
  return { kind: 'done', changed: { cart: handled.state }, position: handled.position };
}

async function toPayment(
  shop: Shop,
  states: CheckoutStates,
  run: StepRun & { readonly step: PaymentIntent },
): Promise<StepResult> {
  const { orderId, terms } = states;
  if (terms === null) throw new Error(`order ${orderId} has no terms and hence no payment`);
  const { paymentId } = terms.payment;
  const command = intentOf(shop, states, { step: run.step, paymentId });
  const options = { naturalKey: true, isNew: run.step.do === 'request-payment' };
  const context = contextOf(shop, orderId, run);
  const handled = await shop.runtime.handle(paymentDecider, paymentId, command, context, options);
  if (isRejection(handled)) return { kind: 'refused', rejection: handled };
  return { kind: 'done', changed: { payment: handled.state }, position: handled.position };
}

function intentOf(
  shop: Shop,
  { orderId }: CheckoutStates,
  { step, paymentId }: { readonly step: PaymentIntent; readonly paymentId: string },
): PaymentCommand {
  switch (step.do) {
    case 'request-payment': {
      const { method, token } = step.terms.payment;
      const gateway = shop.gatewayOf[method];
      if (!gateway) throw new Error(`no gateway takes ${method} any more`);
      const amount = step.terms.quote.totals.total;
      return { type: 'RequestPayment', paymentId, orderId, method, gateway, amount, token };
    }
    case 'request-capture':
      return { type: 'RequestCapture', paymentId };
    case 'request-void':
      return { type: 'RequestVoid', paymentId };
    case 'request-refund': {
      const { refundId, amount } = step;
      return { type: 'RequestRefund', paymentId, refundId, amount, reason: 'The order was cancelled.' };
    }
    case 'close-payment':
      return { type: 'ClosePayment', paymentId, orderId };
  }
}

async function atGateway(
  shop: Shop,
  states: CheckoutStates,
  run: StepRun & { readonly step: GatewayCall },
): Promise<StepResult> {
  const recorded = await gatewayCall(shop, states, run);
  if (!recorded) return { kind: 'waiting' };
  return { kind: 'done', changed: { payment: recorded.payment }, position: recorded.position };
}

function gatewayCall(
  shop: Shop,
  { payment, orderId }: CheckoutStates,
  { step, done, correlationId }: StepRun & { readonly step: GatewayCall },
): GatewayResult {
  if (payment.status !== 'requested') throw new Error(`order ${orderId} calls the gateway before its intent`);
  const fresh = (intent: string) => ({ fresh: done.has(intent), correlationId });
  switch (step.do) {
    case 'authorise':
      return authorise(shop, payment, fresh('request-payment'));
    case 'ask':
      return ask(shop, payment, fresh('request-payment'));
    case 'capture':
      return capture(shop, payment, fresh('request-capture'));
    case 'void':
      return giveBack(shop, payment, fresh(`request-void:${step.attempt}`));
    case 'refund':
      return refund(shop, payment, { ...fresh(`request-refund:${step.refundId}:${step.attempt}`), refund: step });
  }
}

function isGatewayStep(step: Step): step is GatewayCall {
  return ['authorise', 'ask', 'capture', 'void', 'refund'].includes(step.do);
}

function contextOf(shop: Shop, orderId: string, { step, correlationId }: With<unknown>): CommandContext {
  return {
    commandId: nameId('checkout', orderId, stepKey(step)),
    // From here backwards a repeat is looked for: a release may be repeated long after the order's end.
    issuedAt: step.do === 'release' ? step.endedAt : shop.now(),
    actor: 'process:checkout',
    correlationId,
  };
}
