/** An event as analysts and tools get it: one shape for GET /admin/events and for `souk events`. */
import { z } from 'zod';
import { decodeStored } from '../domain/decode-stored.ts';
import { UndecodableEvent } from '../domain/event-definition.ts';
import type { StoredEvent } from '../event-store/port.ts';

export const eventResource = z.object({
  position: z.string(),
  stream: z.string(),
  revision: z.number().int(),
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  metadata: z.looseObject({
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    actor: z.string(),
    occurredAt: z.string(),
    recordedAt: z.string(),
    schemaVersion: z.number().int(),
  }),
});

/** Data are lifted to today's version; personal fields stay sealed. `format` makes a position the token clients know. */
export function shownEvent(event: StoredEvent, format: (position: StoredEvent['position']) => string) {
  const { $correlationId, $causationId, commandId, ...metadata } = event.metadata;
  return {
    position: format(event.position),
    stream: event.stream,
    revision: event.revision,
    id: event.id,
    type: event.type,
    data: dataOf(event),
    metadata: { commandId, correlationId: $correlationId, causationId: $causationId, ...metadata },
  };
}

/** As they lie where this version cannot read them: whoever looks for the event that stops a projection must find it. */
function dataOf(event: StoredEvent): StoredEvent['data'] {
  try {
    return decodeStored(event).data as StoredEvent['data'];
  } catch (error) {
    if (error instanceof UndecodableEvent) return event.data;
    throw error;
  }
}
