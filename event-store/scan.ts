/** The log from one place to another, page by page: what every reader of history goes through. */
import type { EventStore, Position, ReadAllFilter, StoredEvent } from './port.ts';

export type ScanOptions = {
  /** Exclusive; null: from the start. */
  readonly after: Position | null;
  /** The last position that is read. Null or absent: the head as it is when the scan begins. */
  readonly upTo?: Position | null | undefined;
  readonly filter?: ReadAllFilter | undefined;
  /** Events of a page at most (5,000). */
  readonly pageSize?: number;
  /** Ends the scan after the page that is being worked on. */
  readonly signal?: AbortSignal | undefined;
};

const PAGE = 5_000;

/**
 * The events in (after, upTo], in order; no page is empty. The next page is read while this one is worked on, so two of
 * them are in memory however long the log is. What is appended meanwhile is not waited for: the scan has an end.
 */
export async function* scanLog(store: EventStore, options: ScanOptions): AsyncGenerator<readonly StoredEvent[]> {
  const { after, filter, pageSize = PAGE, signal } = options;
  const bound = options.upTo ?? (await store.head());
  if (bound === null || (after !== null && after >= bound)) return;
  const read = (from: Position | null) => {
    const page = store.readAll({ after: from, limit: pageSize, ...(filter ? { filter } : {}) });
    // Its failure is told when it is awaited; until then it must not count as one that nobody heard of.
    page.catch(() => undefined);
    return page;
  };
  for (let coming = read(after); !signal?.aborted; ) {
    const { events, next, end } = await coming;
    const last = end || (next !== null && next >= bound);
    if (!last) coming = read(next);
    const wanted = last ? events.filter(({ position }) => position <= bound) : events;
    if (wanted.length > 0) yield wanted;
    if (last) return;
  }
}
