/** Events for tests of the log. */
import { newId } from '../platform/ids.ts';
import type { JsonObject, NewEvent } from './port.ts';

/** One event with ids and metadata of its own. */
export function testEvent(data: JsonObject = { quantity: 1 }, type = 'ItemAdded'): NewEvent {
  const at = new Date().toISOString();
  const commandId = newId();
  return {
    id: newId(),
    type,
    data,
    metadata: {
      $correlationId: commandId,
      $causationId: commandId,
      commandId,
      actor: 'cli:test',
      occurredAt: at,
      recordedAt: at,
      schemaVersion: 1,
    },
  };
}

/** `count` events, each with its place in `data.n`. */
export function testEvents(count: number, type = 'ItemAdded'): readonly NewEvent[] {
  return Array.from({ length: count }, (_, n) => testEvent({ n }, type));
}
