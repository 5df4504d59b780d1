/** The log in memory, for fast tests of what decides on it. It keeps the port's contract to the letter. */
import { randomUUID } from 'node:crypto';
import { encodeAppend } from '../../event-store/encode.ts';
import {
  type AppendResult,
  CheckpointMismatch,
  type EventStore,
  type ExpectedRevision,
  InvalidAppend,
  LogSealed,
  type NewEvent,
  type Position,
  type ReadAllFilter,
  type StoredEvent,
  type SubscriptionMessage,
  WrongExpectedRevision,
} from '../../event-store/port.ts';
import { textsOf } from '../../event-store/texts-of.ts';

const PAGE = 1_000;

/** An empty log. */
export function createMemoryEventStore(): EventStore {
  const logId = randomUUID();
  const all: StoredEvent[] = [];
  const streams = new Map<string, StoredEvent[]>();
  const listeners = new Set<() => void>();

  let sealed = false;
  const append = (stream: string, events: readonly NewEvent[], expected: ExpectedRevision): AppendResult => {
    const plain = encodeAppend(stream, events).map(({ id, type, data, metadata }) => ({
      id,
      type,
      ...copy({ data, metadata }),
    }));
    const existing = streams.get(stream) ?? [];
    const actual = existing.length - 1;
    const wanted = expected === 'any' ? actual : expected === 'no-stream' ? -1 : expected;
    if (typeof expected === 'number' && !(Number.isInteger(expected) && expected >= 0)) {
      throw new InvalidAppend(`${expected} is no revision to expect`);
    }
    if (wanted !== actual) {
      const there = existing.slice(wanted + 1, wanted + 1 + events.length);
      const same = there.length === events.length && there.every(({ id }, at) => id === plain[at]?.id);
      const last = there.at(-1);
      if (!same || !last) throw new WrongExpectedRevision(stream, expected, actual);
      return { revision: last.revision, position: last.position, repeated: true };
    }
    if (sealed) throw new LogSealed();
    const stored = plain.map((event, at) => ({
      ...event,
      stream,
      revision: actual + 1 + at,
      position: positionOf(all.length + 1 + at),
    }));
    streams.set(stream, [...existing, ...stored]);
    all.push(...stored);
    for (const listener of listeners) listener();
    return { revision: actual + stored.length, position: positionOf(all.length), repeated: false };
  };

  return {
    engine: 'memory',
    identity: async () => ({ logId, epoch: 1 }),
    append: async (stream, events, expected) => append(stream, events, expected),
    async read(stream, { from, backwards = false, limit = Number.POSITIVE_INFINITY } = {}) {
      const events = streams.get(stream) ?? [];
      if (!backwards) return events.slice(from ?? 0).slice(0, limit);
      return events
        .slice(0, (from ?? events.length) + 1)
        .reverse()
        .slice(0, limit);
    },
    async readAll({ after, filter, limit = PAGE }) {
      const start = numberOf(after);
      const wanted = all.slice(start).filter((event) => passes(event, filter));
      const events = wanted.slice(0, limit);
      const end = events.length < limit;
      const next = end ? positionAt(Math.max(start, all.length)) : (events.at(-1)?.position ?? after);
      return { events, next, end };
    },
    async readTexts(options) {
      return textsOf(await this.readAll(options));
    },
    readTogether: () => undefined,
    head: async () => positionAt(all.length),
    eventAt: async (position) => all[numberOf(position) - 1],
    distance: (after, upTo) => Math.max(0, numberOf(upTo) - numberOf(after)),
    version: async () => process.version,
    clockOffMs: async () => 0,
    async seal() {
      sealed = true;
      return 'sealed';
    },
    async unseal() {
      sealed = false;
    },
    subscribe: ({ after, signal }) => subscription({ all, listeners }, numberOf(after), signal),
    close: async () => listeners.clear(),
  };
}

type Live = { readonly all: readonly StoredEvent[]; readonly listeners: Set<() => void> };

async function* subscription(
  { all, listeners }: Live,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<SubscriptionMessage> {
  let seen = after;
  while (!signal.aborted) {
    if (seen > all.length) throw new CheckpointMismatch(`the log ends at ${all.length}, before ${seen}`);
    const events = all.slice(seen, seen + PAGE);
    seen += events.length;
    if (events.length > 0) yield { kind: 'events', events };
    else {
      yield { kind: 'caught-up', position: positionAt(seen) };
      if (seen === all.length) await news(listeners, signal);
    }
  }
}

/** An append, the end, or half a second without either. */
async function news(listeners: Set<() => void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      listeners.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, 500);
    listeners.add(wake);
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
  });
}

function passes(event: StoredEvent, filter: ReadAllFilter | undefined): boolean {
  const category = event.stream.split('-', 1)[0] ?? '';
  return (filter?.categories?.includes(category) ?? true) && (filter?.types?.includes(event.type) ?? true);
}

/** As if it had been written and read: what the caller does to its own objects later changes nothing here. */
function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function positionAt(number: number): Position | null {
  return number === 0 ? null : positionOf(number);
}

function positionOf(number: number): Position {
  return String(number).padStart(16, '0') as Position;
}

function numberOf(position: Position | null): number {
  return position === null ? 0 : Number(position);
}
