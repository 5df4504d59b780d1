/** What this process has heard from the log: keeps cached states fresh, and lets requests wait for a position. */
import type { Logger } from '../platform/logging/logger.ts';
import { pause } from '../platform/process/pause.ts';
import {
  CheckpointMismatch,
  type EventStore,
  type Position,
  type StoredEvent,
  type SubscriptionMessage,
} from './port.ts';

export type Tail = {
  /** Resolves when it follows the log. What is cached from before is to be read anew: its events went unheard. */
  readonly ready: Promise<void>;
  /** The store's own subscription: all of them share the store's one live feed. */
  subscribe(options: {
    readonly after: Position | null;
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage>;
  /** Everything up to here has been handed to the listeners; null while nothing is known or the log is empty. */
  position(): Position | null;
  /** Seconds since it last knew to have seen everything: below one while all is well, growing while it is cut off. */
  lagSeconds(): number;
  /** True as soon as the listeners have had everything up to `position`; false when the time (ms) or the signal ends first. */
  waitFor(position: Position, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<boolean>;
  /** Calls `listener` with every event from now on, in order and without gaps. It must not throw. Returns how to stop. */
  onEvents(listener: (events: readonly StoredEvent[]) => void): () => void;
  close(): Promise<void>;
};

const RETRY_MS = 500;

/** Follows the log from its present end, by itself and through outages, until closed. */
export function createTail({ store, logger }: { readonly store: EventStore; readonly logger: Logger }): Tail {
  const closing = new AbortController();
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  const waiting = new Set<() => void>();
  let position: Position | null = null;
  let started = false;
  let currentAt = Number.NEGATIVE_INFINITY;
  let follows: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    follows = resolve;
  });

  const hear = (message: SubscriptionMessage): void => {
    if (message.kind === 'events') {
      for (const listener of listeners) tellListener(listener, message.events, logger);
      position = message.events.at(-1)?.position ?? position;
    } else {
      position = message.position;
      currentAt = performance.now();
      follows();
    }
    for (const look of [...waiting]) look();
  };

  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        if (!started) position = await store.head();
        started = true;
        for await (const message of store.subscribe({ after: position, signal: closing.signal })) hear(message);
      } catch (error) {
        if (closing.signal.aborted) return;
        // Another log than before is no outage: this process must not go on as if it knew what is in it.
        const level = error instanceof CheckpointMismatch ? 'error' : 'warn';
        logger[level]({ err: error, position }, 'the tail of the log was cut off; following again');
      }
      if (!closing.signal.aborted) await pause(RETRY_MS, closing.signal);
    }
  };
  const following = follow();

  return {
    ready,
    subscribe: (options) => store.subscribe(options),
    position: () => position,
    lagSeconds: () => (performance.now() - currentAt) / 1000,
    waitFor: (wanted, { timeoutMs, signal }) =>
      waitUntil({ done: () => position !== null && position >= wanted, waiting, timeoutMs, signal }),
    onEvents(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await following;
    },
  };
}

/** One listener's fault must not keep events from the others, nor end the tail. */
function tellListener(
  listener: (events: readonly StoredEvent[]) => void,
  events: readonly StoredEvent[],
  logger: Logger,
): void {
  try {
    listener(events);
  } catch (error) {
    logger.error({ err: error, position: events.at(-1)?.position }, 'a listener of the tail failed');
  }
}

type Wait = {
  readonly done: () => boolean;
  readonly waiting: Set<() => void>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

function waitUntil({ done, waiting, timeoutMs, signal }: Wait): Promise<boolean> {
  if (done()) return Promise.resolve(true);
  if (signal?.aborted || timeoutMs <= 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (reached: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      waiting.delete(look);
      resolve(reached);
    };
    const giveUp = () => end(false);
    const look = () => {
      if (done()) end(true);
    };
    const timer = setTimeout(giveUp, timeoutMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    waiting.add(look);
  });
}
