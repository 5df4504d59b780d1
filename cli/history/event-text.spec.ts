/** The short way to an event's data equals the one decode. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { decodeStored } from '../../domain/decode-stored.ts';
import { UndecodableEvent } from '../../domain/event-definition.ts';
import { eventDefinitions } from '../../domain/event-registry.ts';
import { id, sealed, termsFor } from '../../domain/testing/samples.ts';
import type { EventMetadata, Position, StoredText } from '../../event-store/port.ts';
import { testEvent } from '../../event-store/testing-events.ts';
import { dataOf, textOf } from './event-text.ts';

function stored(type: string, schemaVersion: number, data: object): [StoredText, EventMetadata] {
  const { metadata, ...event } = testEvent({}, type);
  const written = { ...metadata, schemaVersion };
  const place = { position: '1' as Position, stream: 'cart-1', revision: 0 };
  return [{ ...event, ...place, data: JSON.stringify(data), metadata: JSON.stringify(written) }, written];
}

const events: [string, number, object][] = [
  ['OrderPlaced', 1, termsFor(id(1), [{ variantId: id(2), quantity: 2 }])],
  ['CartCheckedOut', 1, { cartId: id(3), terms: termsFor(id(1), [{ variantId: id(2), quantity: 2 }]) }],
  ['CartAbandoned', 1, { cartId: id(3), mergedInto: id(4) }],
  ['CartAbandoned', 2, { cartId: id(3), mergedInto: null, reason: 'expired' }],
  ['PaymentAuthorised', 1, { paymentId: id(5), orderId: id(1), reference: ' "a" \u2028 ' }],
  [
    'PaymentRequested',
    1,
    {
      paymentId: id(5),
      orderId: id(1),
      method: 'card',
      gateway: 'sandbox',
      amount: { amount: 1, currency: 'USD' },
      token: sealed('token'),
    },
  ],
];

describe('data of today', () => {
  it.each(events)('of %s version %i are those that decoding gives', (type, version, data) => {
    const [event, metadata] = stored(type, version, data);
    const wanted = JSON.parse(JSON.stringify(decodeStored({ type, data, metadata }).data));
    expect(dataOf(event, metadata)).toEqual(wanted);
    expect(JSON.parse(textOf(event, metadata).data)).toEqual(wanted);
    expect(textOf(event, metadata).undecodable).toBeUndefined();
  });

  it.each([
    ['an unknown type', 'Nonsense', 1],
    ['a version to come', 'OrderConfirmed', 99],
    ['an old version that does not lift', 'CartAbandoned', 1],
  ])(
    'of %s are an error to who folds them, and stand as they lie, named, for who reads them',
    (_what, type, version) => {
      const [event, metadata] = stored(type, version, { odd: [1] });
      expect(() => dataOf(event, metadata)).toThrow(UndecodableEvent);
      expect(textOf(event, metadata)).toMatchObject({ data: '{"odd":[1]}', undecodable: expect.any(UndecodableEvent) });
    },
  );
});

it('every schema gives back what it takes in, so that what was decoded once decodes to itself', () => {
  for (const [type, { schema }] of Object.entries(eventDefinitions)) {
    const shape = (io: 'input' | 'output') => z.toJSONSchema(schema as z.ZodType, { io });
    expect({ type, ...shape('output') }).toEqual({ type, ...shape('input') });
  }
});
