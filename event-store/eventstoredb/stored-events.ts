/** Records of the server as events of the log. Its own, and those this engine keeps for itself, are none. */
import type { Position as Place } from '@eventstore/db-client';
import type { EventMetadata, JsonObject, Position, StoredEvent } from '../port.ts';
import { positionOf } from './positions.ts';

/** Streams of this engine's own: not among the server's, as an ordinary account must be able to write them. */
const OWN_STREAMS = 'souk.log.';

/** Written with the log, and again whenever it is restored: its last event says which log this is. */
export const IDENTITY_STREAM = `${OWN_STREAMS}identity`;

/** What stands at a place of the server's log; `event` where it is one of the log's. */
export type LogRecord = { readonly position: Position; readonly stream: string; readonly event?: StoredEvent };

/** True for what must not be seen through the port, nor be written through it. */
export function isHidden(stream: string, type: string): boolean {
  return stream.startsWith('$') || type.startsWith('$') || stream.startsWith(OWN_STREAMS);
}

/** A record as the client gives it, or as it is read from the wire. */
export type RawRecord = {
  readonly position: Place;
  readonly streamId: string;
  readonly revision: bigint | string;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata?: unknown;
};

export function recordOf(record: RawRecord): LogRecord {
  const { streamId: stream, id, type } = record;
  const position = positionOf(record.position);
  if (isHidden(stream, type)) return { position, stream };
  const data = record.data as JsonObject;
  // Others may write to the same log: what they left out must not break whoever looks at it.
  const metadata = (record.metadata ?? {}) as EventMetadata;
  return { position, stream, event: { position, stream, revision: Number(record.revision), id, type, data, metadata } };
}
