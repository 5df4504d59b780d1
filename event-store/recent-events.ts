/** The newest events of the log in memory, bounded in number and bytes, without gaps: what live readers are fed from. */
export type RecentEvents<E, K> = {
  /** Adds events that follow on the last one. */
  push(events: readonly E[]): void;
  /** At most `limit` events after place `after`; undefined where the first of them is no longer (or never was) here. */
  since(after: K, limit: number): readonly E[] | undefined;
  /** Place of the last event. */
  last(): K;
};

export type RecentEventsOptions<E, K> = {
  /** Place of the last event before the first that will be pushed. */
  readonly start: K;
  /** Where an event stands in the log: these compare with `<`. */
  readonly placeOf: (event: E) => K;
  readonly maxEvents: number;
  readonly maxBytes: number;
};

export function createRecentEvents<E extends { readonly bytes: number }, K extends number | string>(
  options: RecentEventsOptions<E, K>,
): RecentEvents<E, K> {
  const { placeOf, maxEvents, maxBytes } = options;
  let kept: E[] = [];
  // Dropped events stay in front of `kept` until half of it is dropped: each push then costs what it brings.
  let dropped = 0;
  let bytes = 0;
  let last = options.start;
  /** All after this place are here. */
  let floor = options.start;

  const drop = (): void => {
    const event = kept[dropped];
    if (event === undefined) return;
    bytes -= event.bytes;
    floor = placeOf(event);
    dropped += 1;
  };

  /** Index of the first event after a place. */
  const indexAfter = (place: K): number => {
    let low = dropped;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placeOf(kept[middle] as E) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    push(events) {
      for (const event of events) {
        kept.push(event);
        bytes += event.bytes;
        last = placeOf(event);
      }
      while (kept.length - dropped > maxEvents || (bytes > maxBytes && kept.length > dropped)) drop();
      if (dropped > kept.length / 2) {
        kept = kept.slice(dropped);
        dropped = 0;
      }
    },
    since(after, limit) {
      if (after >= last) return [];
      if (after < floor) return undefined;
      const index = indexAfter(after);
      return kept.slice(index, index + limit);
    },
    last: () => last,
  };
}
