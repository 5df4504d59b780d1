/** What a projection is: a name, a version, the events it wants, the key of the rows they change, and a pure function. */
import type { EventType, OpenEvent } from '../../domain/event-registry.ts';
import type { EventMetadata, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';

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

/** A row: column name (snake_case, as in the table) to JSON value. Times are kept as RFC 3339 text, which sorts. */
export type Row = Readonly<Record<string, unknown>>;

/** What the runtime adds to every row: where its own stream stood, and the last event that changed it. */
export type Stamp = {
  /** Revision of the last event of the row's own stream; -1 before the first. What `ETag` and `If-Match` speak of. */
  readonly revision: number;
  /** Position of the last event that changed the row, of whatever stream. What `Souk-Position` speaks of. */
  readonly position: Position;
};

export type Projection<T extends EventType = EventType, R extends Row = Row> = {
  /** Name in `souk projections`, in kebab-case. */
  readonly name: string;
  /** Raise it when the columns, `keys` or `project` change: it is then built again. */
  readonly version: number;
  /** The one table it owns, in the schema `projections`. */
  readonly table: string;
  /** Column that holds the key, as text: the primary key. */
  readonly keyColumn: string & keyof R;
  /** Category of the row's own stream: only its events move `revision`, and all of them must be wanted. */
  readonly category: string;
  /** Every column with its Postgres type; `revision` and `position` are added. */
  readonly columns: Readonly<Record<keyof R & string, string>>;
  /** What an index is on, as in `(seller_id)` or `using gin (words)`. */
  readonly indexes?: readonly string[];
  /** Event types it wants. */
  readonly wants: readonly T[];
  /** Keys of the rows an event changes (several: it fans out; none: it changes nothing here). */
  keys(event: ProjectedEvent<T>): readonly string[];
  /**
   * Pure: next row of one key; null: no row. Throws where an event must find a row and does not: a change that hits no
   * row is an error.
   */
  project(event: ProjectedEvent<T>, row: R | undefined, key: string): R | null;
};

type FromRows<W> = {
  readonly name: string;
  readonly version: number;
  /** Names of the projections whose rows it reads. */
  readonly sources: readonly string[];
  /** Its tables, so that they can be dropped and made again. */
  readonly tables: readonly string[];
  readonly create: readonly string[];
  /** What has to be built because rows changed after a position (null: everything). */
  changed(reader: Reader, after: Position | null): Promise<readonly W[]>;
};

/**
 * A read model built from the rows of projections instead of from events, such as search documents. It
 * has one lane: what its sources changed after its checkpoint is built again. To build the same twice must be harmless.
 */
export type DerivedModel<W = unknown> = FromRows<W> & {
  /** Builds some of it from the rows as they are now; inside a transaction that nobody else builds beside. */
  build(client: Reader, work: readonly W[]): Promise<void>;
  /** What a piece of work is of: where it cannot be built, that alone is parked. */
  keyOf(work: W): string;
  /** All there is to build of a key. */
  anew(key: string): W;
};

/**
 * A derived model that is kept in another engine. Nothing is locked while that is spoken to, so that two processes may
 * send to it at once: after a take-over what changed lately is sent once more. Each function throws while it is away.
 */
export type OutsideModel<W = unknown> = FromRows<W> & {
  readonly outside: {
    /** Where the model is read from; undefined where there is nothing: an engine that is new, or was emptied. */
    live(): Promise<string | undefined>;
    /** An empty place beside it, to build everything anew. */
    open(): Promise<string>;
    /** Builds some of it there from the rows as they are now. */
    send(reader: Reader, work: readonly W[], place: string): Promise<void>;
    /** From now on the model is read from a place that was filled. */
    publish(place: string): Promise<void>;
    /** Takes away places that nobody reads from any more; called again and again. */
    tidy(): Promise<void>;
    /** What is missing although all was sent, for people to see; null where nothing is. */
    missing(reader: Reader): Promise<string | null>;
  };
};

/** Keeps the types of rows and events of one projection together. */
export function defineProjection<T extends EventType, R extends Row>(projection: Projection<T, R>): Projection<T, R> {
  return projection;
}

/** The row an event must find; throws where it is not there. */
export function must<R>(row: R | undefined, event: { readonly type: string }, key: string): R {
  if (row === undefined) throw new Error(`${event.type} finds no row ${key}`);
  return row;
}

/** The fields an event names; those it leaves out stay as they were. */
export function given<F extends object>(fields: F): { [K in keyof F]?: Exclude<F[K], undefined> } {
  const named = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named) as { [K in keyof F]?: Exclude<F[K], undefined> };
}
