/** Wakes who watches an order when the log has something about it: one listener on the tail for all watchers. */
import type { Position, StoredEvent } from '../event-store/port.ts';

export type OrderBells = {
  /** Hears every event about the order from now on, until it is stopped. */
  watch(orderId: string): Bell;
};

export type Bell = {
  /** The highest position heard of since the last call; waits at most `ms`, then undefined. */
  next(ms: number, signal: AbortSignal): Promise<Position | undefined>;
  stop(): void;
};

type Watcher = { heard: Position | undefined; wake: () => void };

export function createOrderBells(onEvents: (listener: (events: readonly StoredEvent[]) => void) => void): OrderBells {
  const watchers = new Map<string, Set<Watcher>>();
  onEvents((events) => {
    if (watchers.size === 0) return;
    for (const event of events) {
      const orderId = orderOf(event);
      for (const watcher of (orderId === undefined ? undefined : watchers.get(orderId)) ?? []) {
        watcher.heard = event.position;
        watcher.wake();
      }
    }
  });
  return {
    watch(orderId) {
      const watcher: Watcher = { heard: undefined, wake: () => {} };
      const all = watchers.get(orderId) ?? new Set();
      watchers.set(orderId, all.add(watcher));
      return {
        next: (ms, signal) => heard(watcher, ms, signal),
        stop() {
          all.delete(watcher);
          if (all.size === 0 && watchers.get(orderId) === all) watchers.delete(orderId);
        },
      };
    },
  };
}

/** An order's own events carry its id, and so do those of its payments. */
function orderOf({ stream, data }: StoredEvent): string | undefined {
  if (stream.startsWith('order-')) return stream.slice('order-'.length);
  return stream.startsWith('payment-') && typeof data.orderId === 'string' ? data.orderId : undefined;
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
