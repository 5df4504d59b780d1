/** Reading the log: short statements on a small pool of its own, so that readers and writers do not wait for each other. */
import pg from 'pg';
import type { Logger } from '../../platform/logging/logger.ts';
import { clockOffMs } from '../../platform/process/clock-off.ts';
import { type LogIdentity, LogUnavailable, type ReadAllFilter, type StoredEvent, type StoredText } from '../port.ts';
import { isRefusal } from './connection.ts';
import { assertSameLog, IDENTITY, identityOf } from './identity.ts';
import {
  EVENT_COLUMNS,
  type EventRow,
  eventFromRow,
  eventQuery,
  type SizedEvent,
  textFromRow,
} from './stored-events.ts';

export type LogReader = {
  identity(): Promise<LogIdentity>;
  /** Number of the last event; 0 for an empty log. Throws `CheckpointMismatch` where another log stands there now. */
  head(): Promise<number>;
  /** The stream's revision; -1 where it does not exist. */
  revision(stream: string): Promise<number>;
  stream(stream: string, options: StreamRange): Promise<readonly StoredEvent[]>;
  /** At most `limit` events in (after, upTo], in order. */
  range(after: number, upTo: number, options: RangeOptions): Promise<readonly SizedEvent[]>;
  /** The same, as text. */
  texts(after: number, upTo: number, options: RangeOptions): Promise<readonly StoredText[]>;
  /** Of the Postgres server. */
  version(): Promise<string>;
  /** See the port. */
  clockOffMs(): Promise<number>;
  close(): Promise<void>;
};

export type StreamRange = {
  readonly from?: number | undefined;
  readonly backwards?: boolean | undefined;
  readonly limit?: number | undefined;
};

export type RangeOptions = { readonly limit: number; readonly filter?: ReadAllFilter | undefined };

// A long statement keeps dead rows alive under every append.
const STATEMENT_TIMEOUT_MS = 5_000;
/** A server that does not answer for this long is taken for gone: a reader must not wait for it for ever. */
const ANSWER_TIMEOUT_MS = 10_000;
const STREAM_PAGE = 2_000;

const HEAD = 'select h.position, i.log_id, i.epoch from log.head h, log.identity i';
const FORWARDS = `select ${EVENT_COLUMNS} from log.events where stream_id = $1 and revision >= $2 order by revision limit $3`;
const BACKWARDS = `select ${EVENT_COLUMNS} from log.events where stream_id = $1 and revision <= $2 order by revision desc limit $3`;
const RANGE = `select ${EVENT_COLUMNS} from log.events where position > $1 and position <= $2`;
const BY_CATEGORY = "split_part(stream_id, '-', 1) = any ($4)";

export function createLogReader(url: string, logger: Logger, connections: number): LogReader {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'souk log reader',
    max: connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle connection to the log was lost'));
  let identity: LogIdentity | undefined;

  const rows = async <R extends readonly unknown[]>(config: ReturnType<typeof eventQuery>): Promise<R[]> => {
    try {
      return (await pool.query<R & unknown[]>(config)).rows;
    } catch (error) {
      if (isRefusal(error)) throw error;
      throw new LogUnavailable('the log cannot be read now: try again', error);
    }
  };
  const one = async (name: string, text: string, values: unknown[] = []) =>
    (await rows(eventQuery(name, text, values)))[0];

  return {
    async identity() {
      identity ??= identityOf(await one('log_identity', IDENTITY));
      return identity;
    },
    async head() {
      const [position, ...found] = (await one('log_head', HEAD)) ?? [];
      const now = identityOf(found);
      identity ??= now;
      assertSameLog(identity, now);
      return Number(position);
    },
    async revision(stream) {
      return Number(
        (await one('log_revision', 'select version from log.streams where stream_id = $1', [stream]))?.[0] ?? -1,
      );
    },
    stream: (stream, options) => readStream(stream, options, async (config) => rows<EventRow>(config)),
    async range(after, upTo, { limit, filter }) {
      return (await rows<EventRow>(rangeQuery([after, upTo, limit], filter))).map(eventFromRow);
    },
    async texts(after, upTo, { limit, filter }) {
      return (await rows<EventRow>(rangeQuery([after, upTo, limit], filter))).map(textFromRow);
    },
    version: async () => String((await one('log_version', "select current_setting('server_version')"))?.[0]),
    clockOffMs: () =>
      clockOffMs(async () =>
        Number((await one('log_clock', 'select extract(epoch from clock_timestamp())::float8 * 1000'))?.[0]),
      ),
    close: () => pool.end(),
  };
}

/** Page by page: one long stream must not make one long statement. */
async function readStream(
  stream: string,
  { from, backwards = false, limit = Number.POSITIVE_INFINITY }: StreamRange,
  rows: (config: ReturnType<typeof eventQuery>) => Promise<EventRow[]>,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  let next = from ?? (backwards ? 2 ** 31 - 1 : 0);
  while (events.length < limit && next >= 0) {
    const size = Math.min(STREAM_PAGE, limit - events.length);
    const query = backwards
      ? eventQuery('log_backwards', BACKWARDS, [stream, next, size])
      : eventQuery('log_forwards', FORWARDS, [stream, next, size]);
    const page = (await rows(query)).map((row) => eventFromRow(row).event);
    events.push(...page);
    const last = page.at(-1);
    if (page.length < size || last === undefined) break;
    next = last.revision + (backwards ? -1 : 1);
  }
  return events;
}

function rangeQuery(values: unknown[], filter: ReadAllFilter | undefined) {
  const { categories, types } = filter ?? {};
  const tail = 'order by position limit $3';
  if (categories && types) {
    return eventQuery('log_range_both', `${RANGE} and ${BY_CATEGORY} and type = any ($5) ${tail}`, [
      ...values,
      categories,
      types,
    ]);
  }
  if (categories)
    return eventQuery('log_range_category', `${RANGE} and ${BY_CATEGORY} ${tail}`, [...values, categories]);
  if (types) return eventQuery('log_range_type', `${RANGE} and type = any ($4) ${tail}`, [...values, types]);
  return eventQuery('log_range', `${RANGE} ${tail}`, values);
}
