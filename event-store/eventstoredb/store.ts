/** The log on EventStoreDB: exact revisions always, one subscription per process, nothing of the server's own events. */
import { setMaxListeners } from 'node:events';
import type { Logger } from '../../platform/logging/logger.ts';
import { errorMessage } from '../../platform/process/error-code.ts';
import { encodeAppend } from '../encode.ts';
import { appendExactly } from '../exact-revision.ts';
import { type EventStore, InvalidAppend, type LogIdentity, LogUnavailable, type NewEvent } from '../port.ts';
import { textsOf } from '../texts-of.ts';
import { closeClient, openClient } from './client.ts';
import { ensureIdentity, raiseEpoch } from './identity.ts';
import { createLiveFeed } from './live-feed.ts';
import { readAll } from './read-all.ts';
import { type ReadThreads, readTogether } from './read-together.ts';
import { createLogReader, type LogReader } from './reader.ts';
import { createSameLog } from './same-log.ts';
import { serverInfo } from './server-info.ts';
import { isHidden } from './stored-events.ts';
import { subscription } from './subscription.ts';
import { createLogWriter, type LogWriter } from './writer.ts';

export type EventStoreDbOptions = {
  /** The client's connection string: `esdb://` for a node, `esdb+discover://` for a cluster. */
  readonly url: string;
  readonly logger: Logger;
  /** How long an append, or a read without news, may take at most (10 s). */
  readonly answerTimeoutMs?: number;
  /** Threads for long reads of the whole log; without them one connection reads them, on this thread. */
  readonly readers?: ReadThreads | undefined;
  /** Newest events kept in memory for live readers (10,000, and at most 16 MiB of text). */
  readonly bufferEvents?: number;
};

const BUFFER_BYTES = 16 * 1024 * 1024;

/** Opens the log, and gives it its identity where it is new. Rejects when the server cannot be reached. */
export async function createEventStoreDbStore(options: EventStoreDbOptions): Promise<EventStore> {
  const { url, logger, readers, bufferEvents = 10_000 } = options;
  const connection = connect(options);
  const { reader, writer, same } = connection;
  const identity = await connection.open();
  // A client of its own, which may prefer another node: live events need not come from the leader.
  const following = openClient(url);
  const feed = createLiveFeed({
    client: following,
    reader,
    writer,
    same,
    logger,
    maxEvents: bufferEvents,
    maxBytes: BUFFER_BYTES,
  });
  /** What was read while it was not certain from which log is not handed out before it is. */
  const confirmed = async <T>(reading: Promise<T>): Promise<T> => {
    const read = await reading;
    await same.confirm();
    return read;
  };
  const server = serverInfo(url, connection.client);
  return {
    engine: 'eventstoredb',
    identity: async () => identity,
    async append(stream, events, expected) {
      const encoded = encodeAppend(stream, events);
      assertVisible(stream, events);
      return appendExactly(stream, expected, {
        revision: () => confirmed(reader.revision(stream)),
        append: (revision) => writer.append(stream, encoded, revision),
      });
    },
    read: (stream, range = {}) => confirmed(reader.stream(stream, range)),
    readAll: (page) => confirmed(readAll(reader, page)),
    readTexts: async (page) => textsOf(await confirmed(readAll(reader, page))),
    readTogether: (range) => readTogether({ url, identity, readers, confirm: same.confirm }, range),
    async head() {
      const [head] = await Promise.all([reader.head(), same.assert()]);
      return head;
    },
    eventAt: (position) => confirmed(reader.at(position)),
    // Positions are places in a file: how many events lie between two of them the server does not say.
    distance: () => undefined,
    version: () => server.version(),
    clockOffMs: () => server.clockOffMs(),
    // Rights to write can be taken from ordinary accounts only, by one that itself goes on writing whatever they say.
    seal: async () => 'cannot',
    unseal: async () => undefined,
    subscribe: (place) => subscription({ reader, feed }, place),
    async close() {
      await feed.close();
      await Promise.all([connection.close(), closeClient(following)]);
    },
  };
}

/** Declares the log restored: to be called once after a backup was put in place, before any process opens it. */
export async function declareRestored(options: EventStoreDbOptions): Promise<LogIdentity> {
  const connection = connect(options);
  try {
    await connection.open();
    return await raiseEpoch(connection.reader, connection.writer);
  } finally {
    await connection.close();
  }
}

function connect({ url, answerTimeoutMs: answerMs = 10_000 }: EventStoreDbOptions) {
  const client = openClient(url, 'leader');
  // Nothing else goes over it, so that nothing else can break the call that carries appends.
  const appending = openClient(url, 'leader');
  const closing = new AbortController();
  // Each read under way listens to it.
  setMaxListeners(0, closing.signal);
  const reader: LogReader = createLogReader({ client, answerMs, closing: closing.signal });
  const same = createSameLog(reader);
  const writer: LogWriter = createLogWriter({
    client: appending,
    reader,
    same,
    answerMs,
    closing: closing.signal,
  });
  const close = async () => {
    closing.abort();
    writer.close();
    await Promise.all([closeClient(client), closeClient(appending)]);
  };
  return {
    client,
    reader,
    writer,
    same,
    close,
    async open(): Promise<LogIdentity> {
      try {
        const identity = await ensureIdentity(reader, writer);
        writer.bind(identity);
        same.bind(identity);
        writer.knows(await reader.end());
        return identity;
      } catch (error) {
        await close();
        throw openFailure(url, error);
      }
    },
  };
}

/** Whoever starts a process needs to know where the log was looked for; without the password. */
function openFailure(url: string, error: unknown): unknown {
  if (!(error instanceof LogUnavailable) || error.message.includes('EVENTSTORE_URL')) return error;
  const address = url.replace(/^[^:]+:\/\/(?:[^@/]*@)?/, '').replace(/[/?].*$/, '');
  const why = errorMessage(error.cause ?? error);
  return new LogUnavailable(`EventStoreDB at ${address} cannot be used (${why}): start it, or correct EVENTSTORE_URL`);
}

function assertVisible(stream: string, events: readonly NewEvent[]): void {
  const hidden = events.find(({ type }) => isHidden(stream, type));
  if (!hidden) return;
  throw new InvalidAppend(
    `neither stream ${stream} nor type ${hidden.type} may begin with $ or be one the log keeps for itself: it would not be seen again`,
  );
}
