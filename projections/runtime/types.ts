/** What a projection is: a name, a version, the events it wants, the key of the rows they change, and a pure function. */
import type { EventType, OpenEvent } from '../../domain/event-registry.ts';
import type { EventMetadata, Position } from '../../event-store/port.ts';

/** An event as a projection sees it: decoded, lifted, personal fields opened or erased. */
export type ProjectedEvent<T extends EventType = EventType> = T extends EventType
  ? OpenEvent<T> & {
      readonly id: string;
      readonly stream: string;
      readonly revision: number;
      readonly position: Position;
      readonly metadata: EventMetadata;
    }
  : never;

/** A row without its key columns' meaning: column name (snake_case, as in the table) to value. */
export type Row = Readonly<Record<string, unknown>>;

/** What a projection sees and changes: the row of one key. `null` deletes it, `undefined` is a row that is not there. */
export type Project<T extends EventType, R extends Row> = (
  event: ProjectedEvent<T>,
  row: R | undefined,
  key: string,
) => R | null;

export type Projection<T extends EventType = EventType, R extends Row = Row> = {
  /** Name in `souk projections`, in kebab-case. */
  readonly name: string;
  /** Raise it when the table or `project` changes: it is then built again. */
  readonly version: number;
  /** The one table it owns; the runtime creates it by `create`. */
  readonly table: string;
  /** Column that holds the key: text or uuid, the primary key. */
  readonly keyColumn: string;
  /** `create table` and its indexes, for the table name given. */
  readonly create: (table: string) => readonly string[];
  /** Every column with its Postgres type, in the table's order: what the set-based flush names. */
  readonly columns: Readonly<Record<string, string>>;
  /** Event types it wants. */
  readonly wants: readonly T[];
  /** Keys of the rows an event changes (several: it fans out; none: it changes nothing here). */
  readonly keys: (event: ProjectedEvent<T>) => readonly string[];
  /** Pure: next row of one key. Throws where an event must find a row and does not: a change that hits no row is an error. */
  readonly project: Project<T, R>;
};
