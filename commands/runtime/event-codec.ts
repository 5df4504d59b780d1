/** The one way events are written by commands: checked against their schema, with their metadata and derived ids. */

import type { EventLike, Happened, Instant } from '../../domain/decider.ts';
import { decodeStored } from '../../domain/decode-stored.ts';
import { definitionOf, type ShopEvent } from '../../domain/event-registry.ts';
import { AppendTooLarge, type JsonObject, MAX_APPEND_BYTES, type NewEvent } from '../../event-store/port.ts';
import { nameId } from '../../platform/ids.ts';
import type { CommandContext } from './types.ts';

/** One event, ready but for the time it is handed to the log. */
export type Draft = {
  readonly event: NewEvent;
  /** As `evolve` sees it: exactly what reading it back will give. */
  readonly happened: Happened<ShopEvent>;
  /** Data and metadata in bytes of UTF-8. */
  readonly bytes: number;
};

export type DraftOptions = {
  readonly stream: string;
  readonly context: CommandContext;
  /** When it was decided; becomes `occurredAt`. */
  readonly now: Instant;
  /** Keyed digest of a text. */
  readonly digest: (text: string) => string;
};

/**
 * What a command decided, as events of the log. The id is made of command, stream, index within the command, and a
 * keyed digest of type and data: the same decision gives the same ids wherever it is made, another decision of the same
 * command gives others, so that the log sees a conflict and not a silent success. Sealing is
 * deterministic, so the digest may be taken over sealed data. Throws where an event does not fit its schema (a bug), and
 * `AppendTooLarge`.
 */
export function draftEvents(events: readonly EventLike[], options: DraftOptions): readonly Draft[] {
  const drafts = events.map((event, index) => draft(event, index, options));
  const bytes = drafts.reduce((total, { bytes }) => total + bytes, 0);
  if (bytes > MAX_APPEND_BYTES) throw new AppendTooLarge(bytes);
  return drafts;
}

/** The same drafts with the time they are handed to the log. */
export function recordAt(drafts: readonly Draft[], recordedAt: Instant): readonly NewEvent[] {
  return drafts.map(({ event }) => ({ ...event, metadata: { ...event.metadata, recordedAt } }));
}

function draft(event: EventLike, index: number, { stream, context, now, digest }: DraftOptions): Draft {
  const { type } = event;
  const metadata = {
    $correlationId: context.correlationId,
    $causationId: context.causationId ?? context.commandId,
    commandId: context.commandId,
    actor: context.actor,
    occurredAt: now,
    recordedAt: now,
    schemaVersion: definitionOf(type)?.version ?? 1,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
  // Plain JSON before the schema and after it: the state folded here must be the one a replay folds.
  const checked = decodeStored({ type, data: plain(event.data), metadata });
  const text = JSON.stringify(checked.data);
  const data = JSON.parse(text) as JsonObject;
  const id = nameId(context.commandId, stream, String(index), digest(`${type}\n${text}`));
  return {
    event: { id, type, data, metadata },
    happened: { ...checked, data } as unknown as Happened<ShopEvent>,
    bytes: Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(metadata)),
  };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
