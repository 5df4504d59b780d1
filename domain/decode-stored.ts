/** The one decode: from an event as the log holds it to an event with the time it happened. Personal fields stay sealed. */
import type { Happened, Instant } from './decider.ts';
import { decodeEvent, definitionOf, type EventNamed, type EventType, type ShopEvent } from './event-registry.ts';

/** What decoding needs of a stored event; the log's own type has this shape. */
export type StoredShape = {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: { readonly schemaVersion: number; readonly occurredAt: Instant };
};

// The live readers of a process are handed the very same objects: the first to decode one spares it the others.
const decoded = new WeakMap<StoredShape, Happened<ShopEvent>>();

/**
 * Lifts old versions and checks against today's schema. Commands fold what comes out; projections unseal it. Throws
 * `UndecodableEvent`.
 */
export function decodeStored(stored: StoredShape): Happened<ShopEvent> {
  const known = decoded.get(stored);
  if (known) return known;
  const { type, data } = decodeEvent(stored.type, stored.metadata.schemaVersion, stored.data);
  const event = { type, data, at: stored.metadata.occurredAt } as Happened<EventNamed<EventType>>;
  decoded.set(stored, event);
  return event;
}

/**
 * Whether decoding would only give the data back: those who append decode what they decided, and store what came of it, so
 * that data of today's version are their own decoding. For who reads millions of events and need not look into each.
 */
export function isDecoded(type: string, version: number): boolean {
  return definitionOf(type)?.version === version;
}
