/** The log on Postgres: gapless positions in commit order, group commit, one live tail per process. */
import type { Logger } from '../../platform/logging/logger.ts';
import { migrate, openDatabase } from '../../platform/postgres/database.ts';
import { encodeAppend } from '../encode.ts';
import { appendExactly } from '../exact-revision.ts';
import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Page, PageOptions, Position } from '../port.ts';
import { APPEND_FUNCTION } from './append.sql.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { createLiveFeed } from './live-feed.ts';
import { logMigrations } from './migrations.ts';
import { createNotifications } from './notifications.ts';
import { numberOf, toPosition } from './positions.ts';
import { createLogReader, type LogReader, type RangeOptions } from './reader.ts';
import { setSealed } from './seal.ts';
import { eventsFromCommit } from './stored-events.ts';
import { subscription } from './subscription.ts';

export type PostgresEventStoreOptions = {
  /** The database the log is in; Postgres 15 or newer. Its schema is `log`. */
  readonly url: string;
  readonly logger: Logger;
  /** Connections for reading (4); one more writes and one listens. */
  readonly readConnections?: number;
  /** How long an append waits at most before it is sent, as while the database is away (10 s). */
  readonly queueTimeoutMs?: number;
  /** Newest events kept in memory for live readers (10,000, and at most 16 MiB of text). */
  readonly bufferEvents?: number;
};

const READ_PAGE = 1_000;
const FILTER_WINDOW = 50_000;
const BUFFER_BYTES = 16 * 1024 * 1024;

/** Brings the log's tables up to date and opens it. Rejects when the database cannot be reached. */
export async function createPostgresEventStore(options: PostgresEventStoreOptions): Promise<EventStore> {
  const { url, logger, readConnections = 4, queueTimeoutMs = 10_000, bufferEvents = 10_000 } = options;
  await prepareLog(url);
  const reader = createLogReader(url, logger, readConnections);
  const identity = await reader.identity();
  const feed = createLiveFeed({ reader, logger, maxEvents: bufferEvents, maxBytes: BUFFER_BYTES });
  const notifications = createNotifications(url, logger, feed.hint);
  const writer = createGroupCommit({
    url,
    logger,
    identity,
    queueTimeoutMs,
    onCommit(committed) {
      feed.offer(eventsFromCommit(committed));
      notifications.announce(committed.at(-1)?.position ?? 0);
    },
  });

  return {
    engine: 'postgres',
    identity: async () => identity,
    append: (stream, events, expected) => append({ writer, reader }, stream, { events, expected }),
    read: (stream, range = {}) => reader.stream(stream, range),
    readAll: (options) =>
      readPage(reader, options, async (...range) => (await reader.range(...range)).map(({ event }) => event)),
    readTexts: (options) => readPage(reader, options, reader.texts),
    // The server has the work here, and its rows come as text that is not parsed: one reader keeps up with what is asked.
    readTogether: () => undefined,
    head: async () => toPosition(await reader.head()),
    async eventAt(position) {
      const number = numberOf(position);
      return (await reader.range(number - 1, number, { limit: 1 }))[0]?.event;
    },
    distance: (after, upTo) => Math.max(0, numberOf(upTo) - numberOf(after)),
    version: () => reader.version(),
    clockOffMs: () => reader.clockOffMs(),
    async seal() {
      await setSealed(url, true);
      return 'sealed';
    },
    unseal: () => setSealed(url, false),
    subscribe: (place) => subscription({ reader, feed, ready: notifications.ready }, place),
    async close() {
      await writer.close();
      await Promise.all([feed.close(), notifications.close()]);
      await reader.close();
    },
  };
}

/** Tables and function. Processes that start together take turns: replacing a function at the same time fails. */
async function prepareLog(url: string): Promise<void> {
  const database = openDatabase(url, { applicationName: 'souk log migrations', max: 2 });
  try {
    await migrate(database, 'log', logMigrations);
    await database.pool.query(
      `begin; select pg_advisory_xact_lock(hashtext('souk log function')); ${APPEND_FUNCTION}; commit`,
    );
  } finally {
    await database.close();
  }
}

async function append(
  { writer, reader }: { readonly writer: GroupCommit; readonly reader: LogReader },
  stream: string,
  { events, expected }: { readonly events: readonly NewEvent[]; readonly expected: ExpectedRevision },
): Promise<AppendResult> {
  const encoded = encodeAppend(stream, events);
  return appendExactly(stream, expected, {
    revision: () => reader.revision(stream),
    append: (revision) => writer.append(stream, encoded, revision),
  });
}

/**
 * The head is taken first and bounds the page: what is committed while it is read is left for the next page. A filtered
 * page is bounded by a window as well, so that one that finds little in a long log is still a short statement; it moves
 * on to its bound, not to the last event it found.
 */
async function readPage<E extends { readonly position: Position }>(
  reader: LogReader,
  { after: place, filter, limit = READ_PAGE }: PageOptions,
  read: (after: number, upTo: number, options: RangeOptions) => Promise<readonly E[]>,
): Promise<Page<E>> {
  const after = numberOf(place);
  const head = await reader.head();
  const bound = filter ? Math.min(head, after + FILTER_WINDOW) : head;
  const events = await read(after, bound, { limit, filter });
  const last = events.length < limit ? Math.max(after, bound) : numberOf(events.at(-1)?.position ?? place);
  return { events, next: toPosition(last), end: last >= head };
}
