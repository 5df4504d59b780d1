/** The money of an order: authorised, captured, refunded, each with the facts of its payment. */
import { type Money, money } from '../../domain/money.ts';
import { paymentDecider } from '../../domain/payments/decide.ts';
import { capturedOf, refundedOf, statusOf } from '../../domain/payments/status.ts';
import { type Figure, type FormatPosition, factOf, type Seen, stateOf, statesOf, summed, told } from './explanation.ts';

type Options = { readonly currency: string; readonly format: FormatPosition };

/** `payment`: its whole stream; empty where none was ever asked for. */
export function explainPayment(payment: readonly Seen[], { currency, format }: Options): readonly Figure[] {
  const state = stateOf(paymentDecider, payment);
  const facts = (amountOf: (seen: Seen) => Money | undefined) =>
    payment.flatMap((seen) => {
      const amount = amountOf(seen);
      return amount === undefined ? [] : [factOf(seen, amount, format)];
    });
  const requested = payment.find(({ event }) => event.type === 'PaymentRequested')?.event;
  const asked = requested?.type === 'PaymentRequested' ? requested.data.amount : money(0, currency);
  const first = payment.find(({ event }) => event.type === 'PaymentAuthorised');
  const none = money(0, currency);
  const isOpen = state.status === 'requested';
  return [
    summed(
      'authorised',
      isOpen && state.authorised ? state.amount : none,
      facts((seen) => (seen === first ? asked : undefined)),
    ),
    summed(
      'captured',
      isOpen ? capturedOf(state) : none,
      facts(({ event }) => (event.type === 'PaymentCaptured' ? event.data.amount : undefined)),
    ),
    summed(
      'refunded',
      isOpen ? refundedOf(state) : none,
      facts(({ event }) => (event.type === 'RefundSettled' ? event.data.amount : undefined)),
    ),
    ...(state.status === 'none' ? [] : [statusFigure(payment, format)]),
  ];
}

/** The events after which clients saw another status. */
function statusFigure(payment: readonly Seen[], format: FormatPosition): Figure {
  const states = statesOf(paymentDecider, payment);
  const statuses = states.map((state) => (state.status === 'none' ? '' : statusOf(state)));
  const because = payment.flatMap((seen, at) => {
    const status = statuses[at] ?? '';
    return status === statuses[at - 1] ? [] : [factOf(seen, status, format)];
  });
  return told('payment', statuses.at(-1) ?? '', because);
}
