/** An event as analysts and tools get it, wherever they ask. */
import { expect, it } from '@jest/globals';
import { decodeStored } from '../domain/decode-stored.ts';
import type { Position, StoredEvent } from '../event-store/port.ts';
import { testEvent } from '../event-store/testing-events.ts';
import { shownEvent } from './shown-event.ts';

const sellerId = '01900000-0000-7000-8000-000000000001';
const approved = { sellerId, userId: sellerId };
const format = (position: string) => `token-${position}`;

function stored(type: string, data: StoredEvent['data']): StoredEvent {
  return { ...testEvent(data, type), stream: `seller-${sellerId}`, revision: 3, position: '7' as Position };
}

it('has its names in the order of the guide, the position as clients know it, and no name of the engine’s', () => {
  const event = stored('SellerApproved', approved);
  const { commandId, $correlationId, $causationId, actor, occurredAt, recordedAt, schemaVersion } = event.metadata;
  const shown = shownEvent(event, format);
  expect(Object.keys(shown)).toEqual(['position', 'stream', 'revision', 'id', 'type', 'data', 'metadata']);
  expect(shown).toEqual({
    position: 'token-7',
    stream: event.stream,
    revision: 3,
    id: event.id,
    type: 'SellerApproved',
    data: approved,
    metadata: {
      commandId,
      correlationId: $correlationId,
      causationId: $causationId,
      actor,
      occurredAt,
      recordedAt,
      schemaVersion,
    },
  });
});

it('has data as today’s schema reads it', () => {
  const event = stored('SellerApproved', approved);
  expect(shownEvent(event, format).data).toBe(decodeStored(event).data);
});

it('has its data as they lie where this version cannot read them: one event must not hide all others', () => {
  const data = { something: 'new' };
  expect(shownEvent(stored('SellerTeleported', data), format).data).toEqual(data);
  expect(shownEvent(stored('SellerApproved', data), format).data).toEqual(data);
});
