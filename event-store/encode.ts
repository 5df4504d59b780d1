/** Checks an append and turns it into the text that is stored, before anything is sent: one bad event must not fail a batch. */
import {
  AppendTooLarge,
  type EventMetadata,
  InvalidAppend,
  type JsonObject,
  MAX_APPEND_BYTES,
  type NewEvent,
} from './port.ts';

export type EncodedEvent = {
  readonly id: string;
  readonly type: string;
  /** Exactly what a reader will get from the stored text. */
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
  readonly dataText: string;
  readonly metadataText: string;
  readonly bytes: number;
};

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
// Names are sent one a line; 256 characters of four bytes stay well below what a btree entry may hold (2704 bytes).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const NAME = /^[^\u0000-\u001f\u007f]{1,256}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
// JSON.stringify escapes NUL and lone surrogates, and only those surrogates; an even run of backslashes escapes none.
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/;

// Postgres' JSON parser recurses, and fails the whole batch where its stack ends.
const MAX_DEPTH = 100;

/** Throws `InvalidAppend` or `AppendTooLarge`. */
export function encodeAppend(stream: string, events: readonly NewEvent[]): readonly EncodedEvent[] {
  assertName('stream', stream);
  if (events.length === 0) throw new InvalidAppend(`an append to ${stream} holds no events: send at least one`);
  const encoded = events.map(encodeEvent);
  if (new Set(encoded.map((event) => event.id)).size < encoded.length) {
    throw new InvalidAppend(`an append to ${stream} holds the same event id twice: every event has its own`);
  }
  const bytes = encoded.reduce((sum, event) => sum + event.bytes, 0);
  if (bytes > MAX_APPEND_BYTES) throw new AppendTooLarge(bytes);
  return encoded;
}

function encodeEvent(event: NewEvent): EncodedEvent {
  if (!UUID.test(event.id)) throw new InvalidAppend(`event id "${event.id}" is no UUID`);
  assertName('event type', event.type);
  const data = encodeJson(event.data, `data of ${event.type}`);
  const metadata = encodeJson(event.metadata, `metadata of ${event.type}`);
  return {
    id: event.id.toLowerCase(),
    type: event.type,
    data: data.value as JsonObject,
    metadata: metadata.value as EventMetadata,
    dataText: data.text,
    metadataText: metadata.text,
    bytes: Buffer.byteLength(data.text) + Buffer.byteLength(metadata.text),
  };
}

function assertName(what: string, name: string): void {
  if (!NAME.test(name) || LONE_SURROGATE.test(name)) {
    throw new InvalidAppend(`a ${what} is 1 to 256 characters without control characters or lone surrogates`);
  }
}

function encodeJson(value: object, where: string): { readonly text: string; readonly value: object } {
  const found = { undefined: false, depth: 0 };
  inspect(value, where, found);
  const text = JSON.stringify(value);
  if (text.includes('\\u') && UNSTORABLE.test(text)) {
    throw new InvalidAppend(`${where} holds NUL or a lone surrogate, which cannot be stored as text`);
  }
  return { text, value: found.undefined ? (JSON.parse(text) as object) : value };
}

/**
 * Refuses what JSON would change without a word (a Date becomes text, NaN becomes null): a reader of the log would see
 * something else than the writer decided on. With only plain values left, the text equals its own parse and stringify.
 */
function inspect(value: unknown, where: string, found: { undefined: boolean; depth: number }): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new InvalidAppend(`${where} holds the number ${value}`);
    return;
  }
  if (typeof value !== 'object' || !(Array.isArray(value) || isPlain(value))) {
    throw new InvalidAppend(`${where} holds ${describe(value)}: only plain JSON can be stored`);
  }
  found.depth += 1;
  if (found.depth > MAX_DEPTH) throw new InvalidAppend(`${where} is nested deeper than ${MAX_DEPTH} levels`);
  const list = Array.isArray(value);
  for (const item of Object.values(value)) {
    if (item === undefined && !list) found.undefined = true;
    else inspect(item, where, found);
  }
  found.depth -= 1;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // By name, not identity: a value made in another realm (a test runner's) has another Object.prototype.
  return prototype === null || (prototype as object).constructor?.name === 'Object';
}

function describe(value: unknown): string {
  return typeof value === 'object' ? `a ${value?.constructor?.name ?? 'value'}` : `a value of type ${typeof value}`;
}
