/** The port's pages of the whole log: only its own events, and only their positions are handed out. */
import type { EventStore, Position, ReadAllFilter, StoredEvent } from '../port.ts';
import type { LogReader } from './reader.ts';

const PAGE = 1_000;
/** Events looked at for one page of a filter: one that finds little still answers soon. */
const FILTER_WINDOW = 20_000;

export async function readAll(
  reader: LogReader,
  { after, filter, limit = PAGE }: Parameters<EventStore['readAll']>[0],
): ReturnType<EventStore['readAll']> {
  const wanted = filter && matcher(filter);
  const events: StoredEvent[] = [];
  let next: Position | null = after;
  let looked = 0;
  for await (const page of reader.scan(after, { count: wanted ? FILTER_WINDOW : limit + 1 })) {
    for (const { event } of page) {
      if (!event) continue;
      if (events.length === limit || looked === FILTER_WINDOW) return { events, next, end: false };
      looked += wanted ? 1 : 0;
      next = event.position;
      if (!wanted || wanted(event)) events.push(event);
    }
  }
  return { events, next, end: true };
}

/** What passes the filter. */
export function matcher({ categories, types }: ReadAllFilter): (event: StoredEvent) => boolean {
  const inCategory = categories && new Set(categories);
  const ofType = types && new Set(types);
  return ({ stream, type }) =>
    (!inCategory || inCategory.has(stream.split('-', 1)[0] ?? '')) && (!ofType || ofType.has(type));
}
