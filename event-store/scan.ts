/** The log from one place to another, page by page: what every reader of history goes through. */
import type { EventStore, Page, PageOptions, Position, ReadAllFilter, StoredEvent, StoredText } from './port.ts';
import { eventOf } from './texts-of.ts';

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

type Log = Pick<EventStore, 'head' | 'readAll' | 'readTexts' | 'readTogether'>;

const PAGE = 5_000;
// Text is worked off at once: smaller pages are still young when they are let go, and cost the garbage collector nothing.
const TEXT_PAGE = 1_000;
/** Events worked on in one go: a server waits for who does not take what it sends, and its core would stand idle. */
const AT_ONCE = 50;

/**
 * The events in (after, upTo], in order; no page is empty. The next page is read while this one is worked on, so two of
 * them are in memory however long the log is. What is appended meanwhile is not waited for: the scan has an end.
 */
export function scanLog(store: Log, options: ScanOptions): AsyncGenerator<readonly StoredEvent[]> {
  return scan(store, { page: (wanted) => store.readAll(wanted), ofText: eventOf }, { pageSize: PAGE, ...options });
}

/**
 * The same, with data and metadata as text: three times as fast on Postgres, for who need not parse all of it. Comes in
 * small helpings, and lets the socket be read between them.
 */
export async function* scanTexts(store: Log, options: ScanOptions): AsyncGenerator<readonly StoredText[]> {
  const reading: Reading<StoredText> = { page: (wanted) => store.readTexts(wanted), ofText: (text) => text };
  for await (const page of scan(store, reading, { pageSize: TEXT_PAGE, ...options })) {
    for (let from = 0; from < page.length && !options.signal?.aborted; from += AT_ONCE) {
      yield page.slice(from, from + AT_ONCE);
      await new Promise((taken) => setImmediate(taken));
    }
  }
}

type Reading<E> = {
  readonly page: (options: PageOptions) => Promise<Page<E>>;
  readonly ofText: (text: StoredText) => E;
};

async function* scan<E extends { readonly position: Position }>(
  store: Log,
  reading: Reading<E>,
  { after, upTo, filter, pageSize, signal }: ScanOptions & { readonly pageSize: number },
): AsyncGenerator<readonly E[]> {
  const bound = upTo ?? (await store.head());
  if (bound === null || (after !== null && after >= bound)) return;
  const together = store.readTogether({ after, upTo: bound, filter, pageSize, signal });
  if (together) {
    for await (const texts of together) yield texts.map(reading.ofText);
    return;
  }
  const read = (from: Position | null) => {
    const page = reading.page({ after: from, limit: pageSize, ...(filter ? { filter } : {}) });
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
