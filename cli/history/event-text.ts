/** Events of the log as text with their data of today: what export writes and a replay folds. */
import { decodeStored, isDecoded } from '../../domain/decode-stored.ts';
import { UndecodableEvent } from '../../domain/event-definition.ts';
import type { EventMetadata, JsonObject, StoredText } from '../../event-store/port.ts';

/** What is folded: lifted to today's version, personal fields sealed. Throws `UndecodableEvent`. */
export function dataOf(event: StoredText, metadata: EventMetadata): unknown {
  const data: unknown = JSON.parse(event.data);
  return isDecoded(event.type, metadata.schemaVersion) ? data : decoded(event.type, data, metadata);
}

export type TextOfToday = {
  /** JSON, lifted to today's version; personal fields sealed. */
  readonly data: string;
  /** Why it stands here as it lies in the log; what waits for such an event must be able to find it. */
  readonly undecodable?: UndecodableEvent;
};

/** What is written: the stored text itself wherever decoding would only give it back. */
export function textOf(event: StoredText, metadata: EventMetadata): TextOfToday {
  if (isDecoded(event.type, metadata.schemaVersion)) return event;
  try {
    return { data: JSON.stringify(decoded(event.type, JSON.parse(event.data), metadata)) };
  } catch (error) {
    if (error instanceof UndecodableEvent) return { data: event.data, undecodable: error };
    throw error;
  }
}

export function metadataOf(event: StoredText): EventMetadata {
  return JSON.parse(event.metadata) as EventMetadata;
}

function decoded(type: string, data: unknown, metadata: EventMetadata): JsonObject {
  return decodeStored({ type, data, metadata }).data as JsonObject;
}
