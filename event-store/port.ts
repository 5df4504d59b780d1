/** The log, as everything else sees it. `contract.ts` says what every engine of it must do. */

/**
 * A place in the whole log: opaque, tied to its log, with a total order in which every append has its place. Positions
 * of one engine are of one width, so that they compare as text. Compare it, store it, never add to it.
 */
export type Position = string & { readonly __position: true };

/** -1, 0 or 1: where `a` stands against `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The later of two; null is before everything. */
export function latest(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? b : a;
}

export type JsonObject = { readonly [key: string]: unknown };

/** What stands beside the data of every event. The log keeps it as it is given and reads none of it. */
export type EventMetadata = {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly commandId: string;
  /** `user:{id}`, `guest:{cartId}`, `process:{name}`, `gateway:{name}`, `cli:{name}`. */
  readonly actor: string;
  /** When it happened (RFC 3339, UTC). */
  readonly occurredAt: string;
  /** When it was handed to the log, by the writer's clock. */
  readonly recordedAt: string;
  readonly schemaVersion: number;
  /** W3C Trace Context. */
  readonly traceparent?: string;
};

export type NewEvent = {
  /** UUID; repeated at the same place of the same stream it is the same event. */
  readonly id: string;
  readonly type: string;
  /**
   * Plain JSON: what `JSON.parse(JSON.stringify(data))` gives back unchanged, save for properties that are `undefined`,
   * which are dropped. Kept as exactly that text. A Date, NaN, NUL or a lone surrogate is refused.
   */
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
};

export type StoredEvent = NewEvent & {
  readonly position: Position;
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
};

/** An event with data and metadata as JSON text: for who copies it, or reads little of it, and need not have it parsed. */
export type StoredText = Omit<StoredEvent, 'data' | 'metadata'> & { readonly data: string; readonly metadata: string };

/** One page of the whole log: which, and how much. */
export type PageOptions = {
  /** Exclusive; null: from the start. */
  readonly after: Position | null;
  readonly filter?: ReadAllFilter;
  readonly limit?: number;
};

/** All of the log after one place and up to another, in pages of at most so many events. */
export type LogRange = {
  /** Exclusive; null: from the start. */
  readonly after: Position | null;
  /** Inclusive: the last event that is read. */
  readonly upTo: Position;
  readonly filter?: ReadAllFilter | undefined;
  readonly pageSize: number;
  readonly signal?: AbortSignal | undefined;
};

export type Page<E> = { readonly events: readonly E[]; readonly next: Position | null; readonly end: boolean };

/** The revision the writer decided on; `any` is resolved to one by the engine and is not for product code. */
export type ExpectedRevision = number | 'no-stream' | 'any';

export type AppendResult = {
  /** Revision and position of the last event of this append. */
  readonly revision: number;
  readonly position: Position;
  /**
   * The same ids stood there already: nothing was written, and this is the first result. An engine that cannot tell
   * says false, of a repeat too.
   */
  readonly repeated: boolean;
};

/**
 * History, then live. `caught-up` comes each time the reader has seen all there was, and is repeated about twice a second
 * while nothing happens: a reader that hears neither is behind or cut off. Its position is safe to store.
 */
export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'caught-up'; readonly position: Position | null };

export type ReadAllFilter = {
  /** Only streams of these categories (what stands before the first dash). */
  readonly categories?: readonly string[];
  /** Only these event types. */
  readonly types?: readonly string[];
};

export type LogIdentity = {
  /** UUID made with the log, never copied with its events. */
  readonly logId: string;
  /** Raised when a log is restored from a backup: positions after it may name other events. */
  readonly epoch: number;
};

export type EventStore = {
  /** `postgres` or `eventstoredb`. */
  readonly engine: string;
  identity(): Promise<LogIdentity>;
  /**
   * Appends to one stream, all or nothing. Throws `WrongExpectedRevision`, `AppendTooLarge`, `InvalidAppend`,
   * `LogUnavailable` (`LogSealed` among them) when nothing was written and it may be tried again, or `OutcomeUnknown` when it cannot be known
   * whether it was written: then send the identical append again.
   */
  append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult>;
  /** Events of a stream in order of revision, or backwards. A stream that does not exist is empty. `from` is inclusive. */
  read(
    stream: string,
    options?: { readonly from?: number; readonly backwards?: boolean; readonly limit?: number },
  ): Promise<readonly StoredEvent[]>;
  /**
   * One page of the whole log after a position (exclusive; null: from the start). `end`: nothing was left up to the head.
   * A page, above all a filtered one, may hold few events or none before the end: go on from `next` until `end`.
   */
  readAll(options: PageOptions): Promise<Page<StoredEvent>>;
  /**
   * The same page as `readAll`, with data and metadata as text: the very text that is stored, or, where an engine hands
   * out values only, one that parses to the same (a log's text equals its own parse and stringify).
   */
  readTexts(options: PageOptions): Promise<Page<StoredText>>;
  /**
   * The same events as page after page of `readTexts`, read by several threads at once; ends early where the signal
   * aborts. Undefined where this engine, on this machine, reads such a range no faster so.
   */
  readTogether(range: LogRange): AsyncGenerator<readonly StoredText[]> | undefined;
  /** Position of the last event; null for an empty log. */
  head(): Promise<Position | null>;
  /** The event that stands at a position; undefined where none does. */
  eventAt(position: Position): Promise<StoredEvent | undefined>;
  /** How many events lie in (after, upTo]; undefined where the engine cannot count them. */
  distance(after: Position | null, upTo: Position | null): number | undefined;
  /** Version of the engine's server, as it names itself. */
  version(): Promise<string>;
  /**
   * How far this process's clock is off the engine's, in milliseconds and at least: what the way there and back, or the
   * engine's own rounding, could explain does not count. Undefined where the engine does not tell its time.
   */
  clockOffMs(): Promise<number | undefined>;
  /**
   * Forbids appends from now on, for every process, before the log is copied elsewhere. `sealed`: an append that is
   * under way is either in the log when this returns or will be refused (`LogSealed`). `cannot`: this engine or this
   * account cannot forbid them; whoever copies then watches the head. Repeating it changes nothing.
   */
  seal(): Promise<'sealed' | 'cannot'>;
  /** Allows appends again. */
  unseal(): Promise<void>;
  /**
   * Never gaps, never repeats; ends when the signal aborts; throws when the engine goes away, and where `after` lies
   * behind the head (`CheckpointMismatch`): then the log is another one than `after` was taken from.
   */
  subscribe(options: {
    readonly after: Position | null;
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage>;
  close(): Promise<void>;
};

/** The stream is not where the writer thought. */
export class WrongExpectedRevision extends Error {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** Revision of the stream's last event; -1 for a stream that does not exist. */
  readonly actual: number;
  constructor(stream: string, expected: ExpectedRevision, actual: number) {
    super(`stream ${stream} is at revision ${actual}, not at ${expected}`);
    this.name = 'WrongExpectedRevision';
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** More event data than one append may carry. */
export class AppendTooLarge extends Error {
  constructor(bytes: number) {
    super(`one append carries at most ${MAX_APPEND_BYTES} bytes of event data, not ${bytes}`);
    this.name = 'AppendTooLarge';
  }
}

/** The append itself is wrong: no events, an id that is no UUID, text that cannot be stored. */
export class InvalidAppend extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'InvalidAppend';
  }
}

/** The log cannot be reached or is held up. Nothing was written: the same call may be made again later. */
export class LogUnavailable extends Error {
  constructor(why: string, cause?: unknown) {
    super(why, { cause });
    this.name = 'LogUnavailable';
  }
}

/** The log was sealed, to be copied elsewhere: nothing was written, and nothing will be. */
export class LogSealed extends LogUnavailable {
  constructor() {
    super('the log is sealed since it was copied elsewhere: write to its copy, or unseal it (souk events unseal)');
    this.name = 'LogSealed';
  }
}

/** The connection broke while the append was under way: it may be written or not. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('the log did not answer: the append may be written or not', { cause });
    this.name = 'OutcomeUnknown';
  }
}

/** A place was kept from another log, or from a time this log no longer has. Reading on from it would lose events. */
export class CheckpointMismatch extends Error {
  constructor(why: string) {
    super(`${why}; build what was kept from it again from this log, or point it at the log it belongs to`);
    this.name = 'CheckpointMismatch';
  }
}

/** Data and metadata of one append, in bytes of UTF-8. */
export const MAX_APPEND_BYTES = 1_048_576;
