/** The rules of money: authorising, capturing, voiding. Refunds have a file of their own. */
import { describe, expect, it } from '@jest/globals';
import { given } from '../testing/given.ts';
import { ask, happened, payment, requestedData } from '../testing/payments.ts';
import { usd } from '../testing/samples.ts';
import { paymentDecider } from './decide.ts';

const { requested, challenged, authorised, declined, captureRequested, captured, captureFailed } = happened;
const { voidRequested, voided } = happened;
const held = [requested, authorised];

describe('requesting a payment', () => {
  it('records the intent', () => given(paymentDecider).when(ask.request).gives(requested));
  it('changes nothing the second time', () => given(paymentDecider, [requested]).when(ask.request).changesNothing());
  it('is refused after the payment was closed', () =>
    given(paymentDecider, [voided]).when(ask.request).isRefused('payment_closed'));
});

describe('closing a payment', () => {
  it('leaves a mark before it was requested', () => given(paymentDecider).when(ask.close).gives(voided));
  it('changes nothing the second time', () => given(paymentDecider, [voided]).when(ask.close).changesNothing());
  it('is refused once it was requested', () =>
    given(paymentDecider, [requested]).when(ask.close).isRefused('payment_requested'));
  it('leaves nothing to void', () => given(paymentDecider, [voided]).when(ask.void).changesNothing());
});

describe('a challenge', () => {
  it('is recorded', () => given(paymentDecider, [requested]).when(ask.challenge).gives(challenged));
  it('is recorded once', () => given(paymentDecider, [requested, challenged]).when(ask.challenge).changesNothing());
  it.each([
    ['the money is held', [authorised]],
    ['it was declined', [declined(false)]],
    ['it was captured', [authorised, captureRequested(1), captured(1)]],
    ['a void was requested', [voidRequested(1)]],
    ['it was voided', [voidRequested(1), voided]],
  ])('is ignored once %s', (_, events) =>
    given(paymentDecider, [requested, ...events])
      .when(ask.challenge)
      .changesNothing(),
  );
});

describe('an authorisation', () => {
  it('is recorded', () => given(paymentDecider, [requested]).when(ask.authorise).gives(authorised));
  it('is recorded after a challenge', () =>
    given(paymentDecider, [requested, challenged]).when(ask.authorise).gives(authorised));
  it('is recorded once', () => given(paymentDecider, held).when(ask.authorise).changesNothing());
  it.each([
    ['a decline, to be voided', [declined(false)]],
    ['a void was requested, to be voided', [voidRequested(1)]],
    ['a void, to be voided again', [voidRequested(1), voided]],
    ['a capture that came first', [captured(1)]],
  ])('is recorded after %s', (_, events) =>
    given(paymentDecider, [requested, ...events])
      .when(ask.authorise)
      .gives(authorised),
  );
  it('is ignored where it comes a second time after the void', () =>
    given(paymentDecider, [...held, voidRequested(1), voided])
      .when(ask.authorise)
      .changesNothing());
});

describe('a decline', () => {
  it('is recorded', () => given(paymentDecider, [requested]).when(ask.decline).gives(declined(false)));
  it('says that a challenge stood before', () =>
    given(paymentDecider, [requested, challenged]).when(ask.decline).gives(declined(true)));
  it('is recorded once', () =>
    given(paymentDecider, [requested, declined(false)])
      .when(ask.decline)
      .changesNothing());
  it('is recorded after a void was requested', () =>
    given(paymentDecider, [requested, voidRequested(1)])
      .when(ask.decline)
      .gives(declined(false)));
  it.each([
    ['the money is held', [authorised]],
    ['it was captured', [captured(1)]],
  ])('is ignored once %s', (_, events) =>
    given(paymentDecider, [requested, ...events])
      .when(ask.decline)
      .changesNothing(),
  );
});

describe('requesting a capture', () => {
  it('records the intent to take all of it', () =>
    given(paymentDecider, held).when(ask.capture).gives(captureRequested(1)));
  it('changes nothing while one is under way', () =>
    given(paymentDecider, [...held, captureRequested(1)])
      .when(ask.capture)
      .changesNothing());
  it('changes nothing once captured', () =>
    given(paymentDecider, [...held, captureRequested(1), captured(1)])
      .when(ask.capture)
      .changesNothing());
  it('is the next attempt after a definite failure', () =>
    given(paymentDecider, [...held, captureRequested(1), captureFailed(1)])
      .when(ask.capture)
      .gives(captureRequested(2)));
  it('needs the money to be held', () =>
    given(paymentDecider, [requested]).when(ask.capture).isRefused('not_authorised'));
  it('is refused after a decline, though the money is held', () =>
    given(paymentDecider, [requested, declined(false), authorised])
      .when(ask.capture)
      .isRefused('not_authorised'));
  it('is refused after a void was requested', () =>
    given(paymentDecider, [...held, voidRequested(1)])
      .when(ask.capture)
      .isRefused('void_requested'));
  it('is refused after a void, though money turned up since', () =>
    given(paymentDecider, [requested, voidRequested(1), voided, authorised])
      .when(ask.capture)
      .isRefused('void_requested'));
});

describe('the gateway on a capture', () => {
  it('took the money', () =>
    given(paymentDecider, [...held, captureRequested(1)])
      .when(ask.captured(1))
      .gives(captured(1)));
  it('took it once', () =>
    given(paymentDecider, [...held, captured(1)])
      .when(ask.captured(1))
      .changesNothing());
  it('took it without being asked, which has to be seen', () =>
    given(paymentDecider, [...held, voidRequested(1)])
      .when(ask.captured(1))
      .gives(captured(1)));
  it('took it after it had reported a failure', () =>
    given(paymentDecider, [...held, captureRequested(1), captureFailed(1)])
      .when(ask.captured(1))
      .gives(captured(1)));
  it('refused', () =>
    given(paymentDecider, [...held, captureRequested(1)])
      .when(ask.captureFailed(1))
      .gives(captureFailed(1)));
  it('refused an earlier attempt, which says nothing of this one', () =>
    given(paymentDecider, [...held, captureRequested(1), captureFailed(1), captureRequested(2)])
      .when(ask.captureFailed(1))
      .changesNothing());
  it('refused before it took the money, but is heard afterwards', () =>
    given(paymentDecider, [...held, captureRequested(1), captured(1)])
      .when(ask.captureFailed(1))
      .changesNothing());
  it('refused what was never asked', () => given(paymentDecider, held).when(ask.captureFailed(1)).changesNothing());
});

describe('requesting a void', () => {
  it('records the intent to give back what is held', () =>
    given(paymentDecider, held).when(ask.void).gives(voidRequested(1)));
  it('records it also before the gateway has answered', () =>
    given(paymentDecider, [requested]).when(ask.void).gives(voidRequested(1)));
  it('changes nothing while one is under way', () =>
    given(paymentDecider, [...held, voidRequested(1)])
      .when(ask.void)
      .changesNothing());
  it('changes nothing once voided', () =>
    given(paymentDecider, [...held, voidRequested(1), voided])
      .when(ask.void)
      .changesNothing());
  it('changes nothing after a decline: nothing is held', () =>
    given(paymentDecider, [requested, declined(false)])
      .when(ask.void)
      .changesNothing());
  it('gives back what is held after a decline', () =>
    given(paymentDecider, [requested, declined(false), authorised])
      .when(ask.void)
      .gives(voidRequested(1)));
  it('is a new attempt where money turned up after the void', () =>
    given(paymentDecider, [requested, voidRequested(1), voided, authorised])
      .when(ask.void)
      .gives(voidRequested(2)));
  it('gives back what could not be captured', () =>
    given(paymentDecider, [...held, captureRequested(1), captureFailed(1)])
      .when(ask.void)
      .gives(voidRequested(1)));
  it('is refused while a capture is under way', () =>
    given(paymentDecider, [...held, captureRequested(1)])
      .when(ask.void)
      .isRefused('capture_requested'));
  it('is refused once captured', () =>
    given(paymentDecider, [...held, captureRequested(1), captured(1)])
      .when(ask.void)
      .isRefused('capture_requested'));
});

describe('the gateway on a void', () => {
  it('holds nothing any more', () =>
    given(paymentDecider, [...held, voidRequested(1)])
      .when(ask.voided)
      .gives(voided));
  it('says so once', () =>
    given(paymentDecider, [...held, voidRequested(1), voided])
      .when(ask.voided)
      .changesNothing());
  it('let the authorisation run out unasked', () => given(paymentDecider, held).when(ask.voided).gives(voided));
  it('has nothing to void after a decline', () =>
    given(paymentDecider, [requested, declined(false)])
      .when(ask.voided)
      .changesNothing());
  it.each([
    ['is under way', [captureRequested(1)]],
    ['was made', [captureRequested(1), captured(1)]],
  ])('is not heard while a capture %s', (_, events) =>
    given(paymentDecider, [...held, ...events])
      .when(ask.voided)
      .changesNothing(),
  );
});

describe('a payment that does not exist', () => {
  const commands = [
    ...[ask.challenge, ask.authorise, ask.decline, ask.capture, ask.captured(1), ask.captureFailed(1)],
    ...[ask.void, ask.voided, ask.refund(1, usd(1)), ask.settle(1), ask.failRefund(1, 1)],
  ];
  it.each(commands)('refuses $type', (command) =>
    given(paymentDecider).when(command).isRefused('not_found', { kind: 'not_found' }),
  );
  it.each(commands.filter(({ type }) => type !== 'RequestVoid'))('refuses $type also where it was closed', (command) =>
    given(paymentDecider, [voided]).when(command).isRefused('not_found', { kind: 'not_found' }),
  );
});

describe('what a request records', () => {
  it('is all the gateway needs', () => expect(requestedData).toMatchObject({ ...payment, amount: usd(1000) }));
});
