/** The newest events of the log in memory, bounded in number and bytes, without gaps: what live readers are fed from. */
import type { SizedEvent } from './stored-events.ts';

export type RecentEvents = {
  /** Adds events that follow on the last one. */
  push(events: readonly SizedEvent[]): void;
  /** At most `limit` events after number `after`; undefined where the first of them is no longer (or never was) here. */
  since(after: number, limit: number): readonly SizedEvent[] | undefined;
  /** Number of the last event. */
  last(): number;
};

/** `start` is the number of the last event before the first that will be pushed. */
export function createRecentEvents(start: number, bounds: { maxEvents: number; maxBytes: number }): RecentEvents {
  let kept: SizedEvent[] = [];
  // Dropped events stay in front of `kept` until half of it is dropped: each push then costs what it brings.
  let dropped = 0;
  let bytes = 0;
  let last = start;
  return {
    push(events) {
      for (const event of events) {
        kept.push(event);
        bytes += event.bytes;
        last = event.number;
      }
      while (kept.length - dropped > bounds.maxEvents || (bytes > bounds.maxBytes && kept.length > dropped)) {
        bytes -= kept[dropped]?.bytes ?? 0;
        dropped += 1;
      }
      if (dropped > kept.length / 2) {
        kept = kept.slice(dropped);
        dropped = 0;
      }
    },
    since(after, limit) {
      if (after >= last) return [];
      const first = last - (kept.length - dropped) + 1;
      if (after + 1 < first) return undefined;
      const index = dropped + (after + 1 - first);
      return kept.slice(index, index + limit);
    },
    last: () => last,
  };
}
