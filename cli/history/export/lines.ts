/** An event as one line of an export. */
import { categoryOf } from '../../../domain/ids.ts';
import type { EventMetadata, StoredText } from '../../../event-store/port.ts';

export type ExportedEvent = {
  readonly event: StoredText;
  /** As people see it. */
  readonly position: string;
  readonly metadata: EventMetadata;
  /** JSON text: of today's version, personal fields left out or opened. */
  readonly data: string;
};

/** As the API shows it too, without a line end. */
export function lineOf({ event, position, metadata, data }: ExportedEvent): string {
  const { stream, revision, id, type } = event;
  return (
    `{"position":"${position}","stream":${JSON.stringify(stream)},"revision":${revision},"id":"${id}",` +
    `"type":${JSON.stringify(type)},"data":${data},"metadata":${shownMetadata(metadata)}}`
  );
}

/** Columns of an export in Parquet with their DuckDB types; times are instants, shown in UTC. */
export const COLUMNS = {
  position: 'VARCHAR',
  stream: 'VARCHAR',
  category: 'VARCHAR',
  revision: 'INTEGER',
  id: 'VARCHAR',
  type: 'VARCHAR',
  actor: 'VARCHAR',
  occurredAt: 'TIMESTAMP WITH TIME ZONE',
  recordedAt: 'TIMESTAMP WITH TIME ZONE',
  schemaVersion: 'INTEGER',
  commandId: 'VARCHAR',
  correlationId: 'VARCHAR',
  causationId: 'VARCHAR',
  data: 'VARCHAR',
  metadata: 'VARCHAR',
};

/** The same with a member for each column. */
export function flatLineOf({ event, position, metadata, data }: ExportedEvent): string {
  const { stream, revision, id, type } = event;
  const { actor, occurredAt, recordedAt, schemaVersion, commandId, $correlationId, $causationId } = metadata;
  const rest = { actor, occurredAt, recordedAt, schemaVersion, commandId, correlationId: $correlationId };
  return (
    `{"position":"${position}","stream":${JSON.stringify(stream)},"category":${JSON.stringify(categoryOf(stream))},` +
    `"revision":${revision},"id":"${id}","type":${JSON.stringify(type)},"data":${data},` +
    `"metadata":${shownMetadata(metadata)},${JSON.stringify({ ...rest, causationId: $causationId }).slice(1)}`
  );
}

function shownMetadata({ $correlationId, $causationId, commandId, ...rest }: EventMetadata): string {
  return JSON.stringify({ commandId, correlationId: $correlationId, causationId: $causationId, ...rest });
}
