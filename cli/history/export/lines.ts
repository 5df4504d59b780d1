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
export function lineOf(exported: ExportedEvent): string {
  const { event, position, data } = exported;
  const { stream, revision, id, type } = event;
  return (
    `{"position":"${position}","stream":${JSON.stringify(stream)},"revision":${revision},"id":"${id}",` +
    `"type":${JSON.stringify(type)},"data":${data},"metadata":${shownMetadata(exported)}}`
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
export function flatLineOf(exported: ExportedEvent): string {
  const { event, position, metadata, data } = exported;
  const { stream, revision, id, type } = event;
  const { actor, occurredAt, recordedAt, schemaVersion, commandId } = metadata;
  const { $correlationId: correlationId, $causationId: causationId } = metadata;
  const columns = { actor, occurredAt, recordedAt, schemaVersion, commandId, correlationId, causationId };
  return (
    `{"position":"${position}","stream":${JSON.stringify(stream)},"category":${JSON.stringify(categoryOf(stream))},` +
    `"revision":${revision},"id":"${id}","type":${JSON.stringify(type)},"data":${data},` +
    `"metadata":${shownMetadata(exported)},${JSON.stringify(columns).slice(1)}`
  );
}

/** How the shop writes the beginning of an event's metadata. */
const BEGINNING = /^\{"\$correlationId":("[^"\\]*"),"\$causationId":/;

/** The text with two names as people see them; taking it apart would cost as much as all the rest of a line. */
function shownMetadata({ event, metadata }: ExportedEvent): string {
  if (BEGINNING.test(event.metadata)) return event.metadata.replace(BEGINNING, '{"correlationId":$1,"causationId":');
  const { $correlationId, $causationId, ...rest } = metadata;
  return JSON.stringify({ correlationId: $correlationId, causationId: $causationId, ...rest });
}
