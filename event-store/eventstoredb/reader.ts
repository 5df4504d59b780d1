/** Reading the log: always from the leader, since a decision made on stale events would be a wrong one. */
import type {
  AllStreamRecordedEvent,
  AllStreamResolvedEvent,
  EventStoreDBClient,
  RecordedEvent,
  StreamingRead,
} from '@eventstore/db-client';
import { BACKWARDS, END, ErrorType, FORWARDS, isCommandError, START } from '@eventstore/db-client';
import { type LogIdentity, LogUnavailable, latest, type Position, type StoredEvent } from '../port.ts';
import { type PagesOptions, pagesOf } from './pages.ts';
import { placeOf } from './positions.ts';
import { readForwards } from './read-call.ts';
import { IDENTITY_STREAM, isHidden, type LogRecord, recordOf } from './stored-events.ts';

export type LogReader = {
  /** Undefined where the log has none yet. */
  identity(): Promise<LogIdentity | undefined>;
  /** The stream's revision; -1 where it does not exist. */
  revision(stream: string): Promise<number>;
  stream(stream: string, range: StreamRange): Promise<readonly StoredEvent[]>;
  /** Everything after a position, as it stands there, page by page. */
  scan(after: Position | null, options?: ScanRange): AsyncGenerator<readonly LogRecord[]>;
  /** Where the log ends, with what is hidden. */
  end(): Promise<Position | null>;
  /** Position of the last event of the log. */
  head(): Promise<Position | null>;
  at(position: Position): Promise<StoredEvent | undefined>;
  /** Nothing but hidden records lies after event `last` up to `upTo`: a look for the last event need not go there. */
  nothingBetween(last: Position | null, upTo: Position): void;
};

export type StreamRange = {
  readonly from?: number | undefined;
  readonly backwards?: boolean | undefined;
  readonly limit?: number | undefined;
};

export type ScanRange = {
  /** Records asked for at a time; without it all of them, as one stream. */
  readonly count?: number;
  /** Only streams whose names match this regular expression. */
  readonly streams?: string;
};

export type LogReaderOptions = {
  readonly client: EventStoreDBClient;
  readonly answerMs: number;
  readonly closing: AbortSignal;
};

const PAGE = 500;
/** Records looked at per step back from the end, where those before held no event. */
const STEPS_BACK = [1, 50, 1_000];

export function createLogReader({ client, answerMs, closing }: LogReaderOptions): LogReader {
  const leader = { requiresLeader: true } as const;
  const pages: PagesOptions = { size: PAGE, answerMs, signal: closing };
  /** The last event, and how far nothing but hidden records follows it. */
  let quiet: { readonly last: Position | null; readonly upTo: Position } | undefined;

  const nothingBetween = (last: Position | null, upTo: Position): void => {
    if (!quiet || upTo > quiet.upTo) quiet = { last, upTo };
  };

  const readStream = async (stream: string, { from, backwards, limit }: StreamRange): Promise<RecordedEvent[]> => {
    if (limit === 0) return [];
    const source = client.readStream(stream, {
      ...leader,
      direction: backwards ? BACKWARDS : FORWARDS,
      fromRevision: from === undefined ? (backwards ? END : START) : BigInt(from),
      ...(limit !== undefined && { maxCount: limit }),
    });
    try {
      return await collect(source, ({ event }) => event as RecordedEvent, pages);
    } catch (error) {
      if (typeOf(error) === ErrorType.STREAM_NOT_FOUND) return [];
      throw readFailure(error);
    }
  };

  const readAll = (from: Position | null, count: number, direction: typeof FORWARDS | typeof BACKWARDS) =>
    client.readAll({
      ...leader,
      direction,
      fromPosition: from === null ? (direction === FORWARDS ? START : END) : placeOf(from),
      maxCount: count,
    });

  const readBack = async (before: Position | null, count: number): Promise<readonly LogRecord[]> => {
    try {
      return await collect(readAll(before, count, BACKWARDS), recordIn, pages);
    } catch (error) {
      throw readFailure(error);
    }
  };

  async function* scan(after: Position | null, { count = Number.MAX_SAFE_INTEGER - 1, streams }: ScanRange = {}) {
    let from = quiet && after === quiet.last ? quiet.upTo : after;
    for (;;) {
      // Forwards the place read from is inclusive.
      const size = from === null ? count : count + 1;
      let read = 0;
      try {
        for await (const records of readForwards(client, { from, count: size, streams }, pages)) {
          read += records.length;
          if (records[0]?.position === from) records.shift();
          from = records.at(-1)?.position ?? from;
          yield records;
        }
      } catch (error) {
        throw readFailure(error);
      }
      if (closing.aborted) throw new LogUnavailable('the log is closed');
      if (read < size) return;
    }
  }

  return {
    async identity() {
      const [last] = await readStream(IDENTITY_STREAM, { backwards: true, limit: 1 });
      if (!last) return undefined;
      const { logId } = last.data as { logId: string };
      return { logId, epoch: Number(last.revision) + 1 };
    },
    async revision(stream) {
      return Number((await readStream(stream, { backwards: true, limit: 1 }))[0]?.revision ?? -1);
    },
    async stream(stream, range) {
      if (isHidden(stream, '')) return [];
      const records = (await readStream(stream, range)).map((event) => recordOf(event as AllStreamRecordedEvent));
      return records.flatMap(({ event }) => event ?? []);
    },
    scan,
    end: async () => (await readBack(null, 1))[0]?.position ?? null,
    async head() {
      let before: Position | null = null;
      let end: Position | null = null;
      const known = quiet;
      for (let step = 0; ; step += 1) {
        const count = STEPS_BACK[Math.min(step, STEPS_BACK.length - 1)] ?? PAGE;
        const records = await readBack(before, count);
        end ??= records[0]?.position ?? null;
        const last = records.find(({ event }) => event !== undefined)?.position ?? null;
        before = records.at(-1)?.position ?? null;
        const found = last !== null || before === null || records.length < count;
        const met = known !== undefined && before !== null && before <= known.upTo;
        if (!found && !met) continue;
        const head = met ? latest(last, known.last) : last;
        if (end !== null) nothingBetween(head, end);
        return head;
      }
    },
    async at(position) {
      try {
        const [record] = await collect(readAll(position, 1, FORWARDS), recordIn, pages);
        return record?.position === position ? record.event : undefined;
      } catch (error) {
        if (isNoPlace(error)) return undefined;
        throw readFailure(error);
      }
    },
    nothingBetween,
  };
}

/** Without links resolved there is an event in each. */
function recordIn({ event }: AllStreamResolvedEvent): LogRecord {
  return recordOf(event as AllStreamRecordedEvent);
}

function typeOf(error: unknown): string | undefined {
  return isCommandError(error as Error) ? (error as { readonly type: string }).type : undefined;
}

/** Where no record begins the server does not read. */
function isNoPlace(error: unknown): boolean {
  return typeOf(error) === ErrorType.UNKNOWN && (error as Error).message.includes('ReadAllResult');
}

async function collect<T, R>(source: StreamingRead<T>, convert: (item: T) => R, options: PagesOptions): Promise<R[]> {
  const all: R[] = [];
  for await (const page of pagesOf(source, convert, options)) all.push(...page);
  if (options.signal.aborted) throw new LogUnavailable('the log is closed');
  return all;
}

/** Why a read failed, in words that say what to do. */
export function readFailure(error: unknown): Error {
  if (error instanceof LogUnavailable) return error;
  const type = typeOf(error);
  if (type === ErrorType.ACCESS_DENIED) {
    return new LogUnavailable(
      'EventStoreDB refuses this account to read the log: give it the right to read $all and all streams, or correct ' +
        'the user and password in EVENTSTORE_URL',
      error,
    );
  }
  if (type === ErrorType.STREAM_DELETED) {
    return new LogUnavailable(
      'this stream was deleted from the log by hand: its events cannot be read any more',
      error,
    );
  }
  return new LogUnavailable('the log cannot be read now: try again', error);
}
