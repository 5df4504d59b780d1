/** The command runtime: every change of the shop goes through `handle`. */
import type { Decider, EventLike } from '../../domain/decider.ts';
import { streamName } from '../../domain/ids.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { type EventStore, LogUnavailable, type StoredEvent } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Answer } from './job.ts';
import { createStateLoader } from './load-state.ts';
import { createStreamReader } from './read-stream.ts';
import { runBatch } from './run-batch.ts';
import type { Snapshots } from './snapshots.ts';
import { createStateCache } from './state-cache.ts';
import { newCounts, type RuntimeStats } from './stats.ts';
import { createStreamQueues } from './stream-queue.ts';
import type { AnyDecider } from './stream-state.ts';
import type { CommandContext, CommandRuntime, Handled, HandleOptions, Loaded } from './types.ts';

export type RuntimeLimits = {
  /** Streams in the cache (20,000), and command ids remembered in all of them together (400,000). */
  readonly streams: number;
  readonly commandIds: number;
  /** Command ids remembered for one stream (512), and on a hot one those of its last minutes. */
  readonly memory: number;
  /** One append: commands (256) and bytes of events (512 KiB). */
  readonly batchCommands: number;
  readonly batchBytes: number;
  /** Commands that may wait for one stream (10,000). */
  readonly queued: number;
  /** How often a batch is decided again because others changed the stream (25). */
  readonly attempts: number;
  /** How long an append of unknown outcome is sent again, in milliseconds (30,000). */
  readonly patienceMs: number;
};

export type RuntimeOptions = {
  readonly store: EventStore;
  readonly keys: Pick<KeyStore, 'digest'>;
  readonly logger: Logger;
  readonly clock?: () => Date;
  /**
   * The tail that feeds this runtime: milliseconds since it last knew to have seen everything; Infinity before it first
   * did. Without a tail every `load` reads the log.
   */
  readonly tail?: { lagMs(): number };
  readonly snapshots?: Snapshots;
  readonly limits?: Partial<RuntimeLimits>;
};

export type RunningRuntime = CommandRuntime & {
  /** Events of the whole log in its order, as this process's tail sees them: keeps cached states fresh. Never throws. */
  feed(events: readonly StoredEvent[]): void;
  stats(): RuntimeStats;
  /** Takes no more commands, and waits until those under way are answered and snapshots are written. */
  close(): Promise<void>;
};

const LIMITS: RuntimeLimits = {
  streams: 20_000,
  commandIds: 400_000,
  memory: 512,
  batchCommands: 256,
  batchBytes: 512 * 1024,
  queued: 10_000,
  attempts: 25,
  patienceMs: 30_000,
};

/** Puts the runtime together. One per process. */
export function createCommandRuntime(options: RuntimeOptions): RunningRuntime {
  const { snapshots } = options;
  const { cache, counts, queues, load } = assemble(options);
  let closed = false;

  return {
    handle<S, C, E extends EventLike>(
      decider: Decider<S, C, E>,
      id: string,
      command: C,
      context: CommandContext,
      how: HandleOptions = {},
    ) {
      if (closed) return Promise.reject(new LogUnavailable('this process is stopping: send the same command again'));
      counts.commands += 1;
      const asked = {
        stream: streamName(decider.category, id),
        decider: untyped(decider),
        command,
        context,
        options: how,
      };
      return new Promise<Answer>((resolve, reject) => {
        queues.submit({ ...asked, resolve, reject, found: undefined, searchedBelow: 0 });
      }) as Promise<Handled<S, E> | Rejection>;
    },
    async load<S, C, E extends EventLike>(
      decider: Decider<S, C, E>,
      id: string,
      how: { readonly fresh?: boolean } = {},
    ) {
      const stream = streamName(decider.category, id);
      const { state, revision, position } = await load(untyped(decider), stream, how.fresh ?? false);
      return { state, revision, position } as Loaded<S>;
    },
    feed: (events) => cache.feed(events),
    stats: () => ({ ...counts, cached: cache.size(), waiting: queues.waiting() }),
    async close() {
      closed = true;
      await queues.idle();
      await snapshots?.close();
    },
  };
}

function assemble({ store, keys, logger, tail, snapshots, clock = () => new Date(), ...given }: RuntimeOptions) {
  const limits = { ...LIMITS, ...given.limits };
  const counts = newCounts();
  const lagMs = () => tail?.lagMs() ?? Number.POSITIVE_INFINITY;
  const cache = createStateCache({
    streams: limits.streams,
    commands: limits.commandIds,
    tailRuns: () => lagMs() < Number.POSITIVE_INFINITY,
    onUndecodable: ({ stream, position }, err) =>
      logger.error({ err, stream, position }, 'an event cannot be decoded: its stream is not cached'),
  });
  const reader = createStreamReader({ store, snapshots, memory: limits.memory, counts });
  const digest = (text: string) => keys.digest('event', text);
  const now = () => clock().toISOString();
  const env = { store, cache, reader, snapshots, logger, counts, now, digest, limits };
  const { batchCommands, queued } = limits;
  const queues = createStreamQueues({ run: (jobs) => runBatch(env, jobs), batchCommands, queued });
  return { cache, counts, queues, load: createStateLoader({ cache, reader, lagMs }) };
}

/** Inside the runtime a stream's decider meets only that stream's states, commands and events. */
function untyped<S, C, E extends EventLike>(decider: Decider<S, C, E>): AnyDecider {
  return decider as unknown as AnyDecider;
}
