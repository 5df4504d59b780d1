/** Keeps the views in Redis: follows the log, and brings on those that are there. Several may do so at once. */
import { categoryOf } from '../../domain/ids.ts';
import { assertCheckpoint } from '../../event-store/checkpoint.ts';
import {
  CheckpointMismatch,
  type EventStore,
  type LogIdentity,
  type Position,
  type StoredEvent,
} from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { pause } from '../../platform/process/pause.ts';
import type { RedisConnection } from '../../platform/redis/connection.ts';
import type { ViewCache } from './cache.ts';
import { clearViews } from './clear.ts';
import type { ViewMark } from './mark.ts';
import { type ViewDefinition, type ViewSource, viewAfter } from './view.ts';

export type KeepOptions = {
  readonly redis: RedisConnection;
  readonly log: EventStore;
  readonly identity: LogIdentity;
  readonly source: ViewSource;
  readonly logger: Logger;
  readonly of: (generation: number) => ViewGeneration;
  /** Matches the prefixes of all generations. */
  readonly anyPrefix: string;
};

/** Where the views of one generation are. */
export type ViewGeneration = {
  readonly mark: ViewMark;
  readonly kinds: readonly { readonly definition: ViewDefinition; readonly cache: ViewCache }[];
};

export type KeepTurn = {
  readonly owner: string;
  /** The generation that it is this process's turn to keep; undefined: another process does. */
  readonly mine: () => number | undefined;
};

/** Streams brought on at the same time. */
const AT_ONCE = 100;
const LOOK_MS = 200;

/** Until the signal aborts. Throws when Redis or the log goes away: the mark then stands, and nothing is lost. */
export async function keepViews(options: KeepOptions, turn: KeepTurn, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await options.redis.whenReady(signal);
    const generation = turn.mine();
    if (generation !== undefined) await follow({ ...options, ...options.of(generation), generation }, turn, signal);
    await pause(LOOK_MS, signal);
  }
}

type Keeping = KeepOptions & ViewGeneration & { readonly generation: number };

async function follow(options: Keeping, { owner, mine }: KeepTurn, signal: AbortSignal): Promise<void> {
  const begun = await begin(options, owner);
  let eventId: string | null = null;
  let position = begun;
  for await (const message of options.log.subscribe({ after: begun, signal })) {
    if (mine() !== options.generation) return;
    const caughtUp = message.kind === 'caught-up';
    if (!caughtUp) await bringOn(options, message.events);
    const to = caughtUp ? message.position : (message.events.at(-1)?.position ?? position);
    if (to !== position) eventId = caughtUp ? null : (message.events.at(-1)?.id ?? null);
    position = to;
    await options.mark.move({ position, eventId, owner, caughtUp });
  }
}

/**
 * Where to go on. Without a mark of this log nobody has kept what stands in Redis: it is cleared, with all generations before,
 * after the end of the log was read and not before, so that a view is either cleared or follows from a log that was read
 * later than that.
 */
async function begin(options: Keeping, owner: string): Promise<Position | null> {
  const mark = await options.mark.read();
  if (mark?.position && (await isOfThisLog(options, mark.position, mark.eventId))) return mark.position;
  const head = await options.log.head();
  await clearViews(options.redis, options.anyPrefix);
  await options.mark.move({ position: head, eventId: null, owner, caughtUp: false });
  return head;
}

async function isOfThisLog(options: Keeping, position: Position, eventId: string | null): Promise<boolean> {
  try {
    await assertCheckpoint(options.log, { ...options.identity, position, eventId });
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointMismatch)) throw error;
    options.logger.warn({ err: error }, 'the views in Redis are of another log: they are cleared');
    return false;
  }
}

async function bringOn(options: Keeping, events: readonly StoredEvent[]): Promise<void> {
  const streams = [...byStream(events)];
  for (let from = 0; from < streams.length; from += AT_ONCE) {
    const share = streams.slice(from, from + AT_ONCE);
    // All are waited for, also when one fails: what runs on behind would meet the next attempt.
    const results = await Promise.allSettled(share.map(([stream, own]) => bringStreamOn(options, stream, own)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

function byStream(events: readonly StoredEvent[]): Map<string, StoredEvent[]> {
  const streams = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const own = streams.get(event.stream);
    if (own) own.push(event);
    else streams.set(event.stream, [event]);
  }
  return streams;
}

/** What nobody has asked for is not there, and is left so: it is made when somebody asks. */
async function bringStreamOn(options: Keeping, stream: string, events: readonly StoredEvent[]): Promise<void> {
  const kind = options.kinds.find(({ definition }) => definition.projection.category === categoryOf(stream));
  if (!kind) return;
  const { definition, cache } = kind;
  const { projection } = definition;
  const id = stream.slice(projection.category.length + 1);
  const view = await cache.peek(id);
  const newer = view ? events.filter((event) => event.revision > view.revision) : [];
  if (!view || !newer[0]) return;
  if (newer[0].revision !== view.revision + 1) return cache.forget(id);
  try {
    await cache.put(id, await viewAfter(view, newer, { projection, id, keys: options.source.keys }));
  } catch (error) {
    // An event that cannot be applied, or memory that is full: an old view must not stay. Throws while Redis is away.
    await cache.forget(id);
    options.logger.warn(
      { err: error, stream },
      'a view could not be kept; it is made from the log when it is asked for',
    );
  }
}
