/** Wakes who watches something when the log has news of it: one listener on the tail for all watchers. */
import type { Position, StoredEvent } from '../event-store/port.ts';

export type Bells = {
  /** Hears every event about the thing from now on, until it is stopped. */
  watch(key: string): Bell;
};

export type Bell = {
  /** The highest position heard of since the last call; waits at most `ms`, then undefined. */
  next(ms: number, signal: AbortSignal): Promise<Position | undefined>;
  stop(): void;
};

type Watcher = { heard: Position | undefined; wake: () => void };

/** `keyOf` names the thing an event is about; undefined: nothing that is watched here. */
export function createBells(
  onEvents: (listener: (events: readonly StoredEvent[]) => void) => void,
  keyOf: (event: StoredEvent) => string | undefined,
): Bells {
  const watchers = new Map<string, Set<Watcher>>();
  onEvents((events) => {
    if (watchers.size === 0) return;
    for (const event of events) {
      const key = keyOf(event);
      for (const watcher of (key === undefined ? undefined : watchers.get(key)) ?? []) {
        watcher.heard = event.position;
        watcher.wake();
      }
    }
  });
  return {
    watch(key) {
      const watcher: Watcher = { heard: undefined, wake: () => {} };
      const all = watchers.get(key) ?? new Set();
      watchers.set(key, all.add(watcher));
      return {
        next: (ms, signal) => heard(watcher, ms, signal),
        stop() {
          all.delete(watcher);
          if (all.size === 0 && watchers.get(key) === all) watchers.delete(key);
        },
      };
    },
  };
}

async function heard(watcher: Watcher, ms: number, signal: AbortSignal): Promise<Position | undefined> {
  if (watcher.heard === undefined && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      watcher.wake = done;
      signal.addEventListener('abort', done);
    });
  }
  const position = watcher.heard;
  watcher.heard = undefined;
  watcher.wake = () => {};
  return position;
}
