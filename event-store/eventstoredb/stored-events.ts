/** Records of the server as events of the log. Its own, and those this engine keeps for itself, are none. */
import type { AllStreamRecordedEvent, RecordedEvent } from '@eventstore/db-client';
import type { EventMetadata, JsonObject, Position, StoredEvent } from '../port.ts';
import { positionOf } from './positions.ts';

/** Streams of this engine's own: not among the server's, as an ordinary account must be able to write them. */
export const OWN_STREAMS = 'souk.log.';

/** What stands at a place of the server's log; `event` where it is one of the log's. */
export type LogRecord = { readonly position: Position; readonly stream: string; readonly event?: StoredEvent };

/** True for what must not be seen through the port, nor be written through it. */
export function isHidden(stream: string, type: string): boolean {
  return stream.startsWith('$') || type.startsWith('$') || stream.startsWith(OWN_STREAMS);
}

export function recordOf(record: AllStreamRecordedEvent): LogRecord {
  const position = positionOf(record.position);
  const stream = record.streamId;
  if (isHidden(stream, record.type)) return { position, stream };
  return { position, stream, event: eventOf(record, position) };
}

function eventOf(record: RecordedEvent, position: Position): StoredEvent {
  return {
    position,
    stream: record.streamId,
    revision: Number(record.revision),
    id: record.id,
    type: record.type,
    data: record.data as JsonObject,
    // Others may write to the same log: what they left out must not break whoever looks at it.
    metadata: (record.metadata ?? {}) as EventMetadata,
  };
}
