/** The double's log: in memory, with positions that grow like a real server's offsets, and streams as a real server keeps them. */
import { randomUUID } from 'node:crypto';
import { type CommitCheck, checkCommit, type ExpectedVersion } from './commit-check.ts';
import { encodeEvent } from './encode-event.ts';
import type { LogRecord, LogStream } from './log-record.ts';
import { rememberIds } from './recent-ids.ts';

export type ProposedEvent = {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type Log = {
  /** Everything in order; only the first `visible()` of them are committed. */
  readonly records: readonly LogRecord[];
  visible(): number;
  stream(name: string): LogStream | undefined;
  /** Settles an append; what is to be written is written, and seen once it is committed. */
  append(stream: string, expected: ExpectedVersion, events: readonly ProposedEvent[]): Appended;
  softDelete(stream: string, expected: ExpectedVersion): Appended;
  tombstone(stream: string, expected: ExpectedVersion): Appended;
  /** Everything that was written is seen from now on. */
  commit(): void;
  /** Called with every record as it is committed, in order. */
  listen(listener: (record: LogRecord) => void): () => void;
  /** What a restart loses: an append to any revision is no longer known as a repeat. */
  forgetRecent(): void;
};

export type Appended =
  | { readonly kind: 'written'; readonly revision: number; readonly position: number }
  | { readonly kind: 'repeat'; readonly last: LogRecord }
  | Exclude<CommitCheck, { kind: 'write' | 'repeat' }>;

export const METADATA_TYPE = '$metadata';
export const TOMBSTONE_TYPE = '$streamDeleted';
/** The revision of a stream's end, and the truncation that hides a whole stream. */
const LAST_REVISION = '9223372036854775807';
/** What a real server remembers in its eight megabytes. */
const RECENT = 50_000;
const RECORD_BYTES = 90;
const NOTHING = new Uint8Array(0);
const SCAVENGES = '{"$maxAge":2592000,"$acl":{"$r":"$ops","$w":[],"$d":[],"$mr":[],"$mw":[]}}';

/** @param now the clock that events are stamped by, in milliseconds of Unix time */
export function createLog(now: () => number): Log {
  const records: LogRecord[] = [];
  const streams = new Map<string, LogStream>();
  const recent = rememberIds(RECENT);
  const listeners = new Set<(record: LogRecord) => void>();
  let end = 0;
  let visible = 0;

  const streamOf = (name: string): LogStream => {
    const known = streams.get(name);
    if (known) return known;
    const made: LogStream = {
      name,
      records: [],
      tombstoned: false,
      softDeleted: false,
      truncateBefore: 0,
      maxCount: Number.POSITIVE_INFINITY,
      maxAgeMs: Number.POSITIVE_INFINITY,
      metadata: {},
    };
    streams.set(name, made);
    return made;
  };

  const put = (stream: string, event: ProposedEvent, revision: string): LogRecord => {
    const created = now();
    const size =
      RECORD_BYTES +
      Buffer.byteLength(stream) +
      Buffer.byteLength(event.type) +
      event.data.length +
      event.metadata.length;
    const record: LogRecord = {
      id: event.id,
      stream,
      type: event.type,
      revision: revision === LAST_REVISION ? -1 : Number(revision),
      position: end,
      next: end + size,
      created,
      bytes: encodeEvent({ ...event, stream, revision, position: end, created: BigInt(created) * 10_000n }),
    };
    records.push(record);
    end = record.next;
    return record;
  };

  /** A record that no reader sees; it takes room in the log all the same. */
  const putHidden = (stream: string, size: number) => {
    const hidden = {
      id: '',
      stream,
      type: '',
      revision: -1,
      position: end,
      next: end + size,
      created: now(),
      bytes: null,
    };
    records.push(hidden);
    end = hidden.next;
    return hidden;
  };

  const write = (stream: LogStream, event: ProposedEvent): LogRecord => {
    const record = put(stream.name, event, String(stream.records.length));
    stream.records.push(record);
    recent.add(record);
    return record;
  };

  const writeMetadata = (stream: LogStream, text: string) => {
    const data = Buffer.from(text);
    const record = write(streamOf(`$$${stream.name}`), metadataEvent(data));
    applyMetadata(stream, data);
    return record;
  };

  const check = (stream: LogStream, expected: ExpectedVersion, ids: readonly string[]) =>
    checkCommit(
      { stream, hasMetadata: (streams.get(`$$${stream.name}`)?.records.length ?? 0) > 0, recent },
      expected,
      ids,
    );

  const writeAll = (stream: LogStream, events: readonly ProposedEvent[]): Appended => {
    const first = stream.records.length;
    let last: LogRecord | undefined;
    for (const event of events) {
      last = write(stream, event);
      if (stream.name.startsWith('$$')) applyMetadata(streamOf(stream.name.slice(2)), event.data);
    }
    last ??= putHidden(stream.name, RECORD_BYTES + Buffer.byteLength(stream.name));
    if (stream.softDeleted && events.length > 0) writeMetadata(stream, metadataText(stream, String(first)));
    return { kind: 'written', revision: stream.records.length - 1, position: last.position };
  };

  putHidden('$epoch-information', 548);
  writeMetadata(streamOf('$scavenges'), SCAVENGES);
  visible = records.length;

  return {
    records,
    visible: () => visible,
    stream: (name) => streams.get(name),
    append(name, expected, events) {
      const stream = streamOf(name);
      const settled = check(
        stream,
        expected,
        events.map((event) => event.id),
      );
      return settled.kind === 'write' ? writeAll(stream, events) : settled;
    },
    softDelete(name, expected) {
      const stream = streamOf(name);
      const current = stream.records.length - 1;
      if (stream.tombstoned) return { kind: 'stream-deleted' };
      if (current < 0 || !isAt(expected, current)) return { kind: 'wrong-expected-version', actual: current };
      const { position } = writeMetadata(stream, metadataText(stream, LAST_REVISION));
      return { kind: 'written', revision: current, position };
    },
    tombstone(name, expected) {
      const stream = streamOf(name);
      const current = stream.records.length - 1;
      if (stream.tombstoned) return { kind: 'stream-deleted' };
      if (!isAt(expected, current)) return { kind: 'wrong-expected-version', actual: current };
      stream.tombstoned = true;
      const { position } = put(
        name,
        { id: randomUUID(), type: TOMBSTONE_TYPE, json: false, data: NOTHING, metadata: NOTHING },
        LAST_REVISION,
      );
      return { kind: 'written', revision: current, position };
    },
    commit() {
      const from = visible;
      visible = records.length;
      for (let n = from; n < visible; n += 1) {
        const record = records[n];
        if (record) for (const listener of listeners) listener(record);
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    forgetRecent: () => recent.clear(),
  };
}

function isAt(expected: ExpectedVersion, current: number): boolean {
  return expected === 'any' || (expected === 'exists' ? current >= 0 : expected === current);
}

function metadataEvent(data: Uint8Array): ProposedEvent {
  return { id: randomUUID(), type: METADATA_TYPE, json: true, data, metadata: NOTHING };
}

/** The stream's metadata with another truncation, which may be beyond what JSON.stringify writes exactly. */
function metadataText(stream: LogStream, truncateBefore: string): string {
  const { $tb: _, ...rest } = stream.metadata;
  const others = JSON.stringify(rest).slice(1, -1);
  return `{"$tb":${truncateBefore}${others === '' ? '' : `,${others}`}}`;
}

function applyMetadata(stream: LogStream, data: Uint8Array): void {
  const metadata = parseObject(data);
  const number = (key: string, otherwise: number) =>
    typeof metadata[key] === 'number' ? (metadata[key] as number) : otherwise;
  stream.metadata = metadata;
  stream.truncateBefore = number('$tb', 0);
  stream.softDeleted = stream.truncateBefore >= Number(LAST_REVISION);
  stream.maxCount = number('$maxCount', Number.POSITIVE_INFINITY);
  stream.maxAgeMs = number('$maxAge', Number.POSITIVE_INFINITY) * 1000;
}

/** Metadata that is no JSON object says nothing, as on a real server. */
function parseObject(data: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
