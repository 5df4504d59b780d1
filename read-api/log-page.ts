/** One page of the log, filtered by more than the log itself can: by stream, actor and time. */
import { categoryOf } from '../domain/ids.ts';
import type { EventStore, Position, ReadAllFilter, StoredEvent } from '../event-store/port.ts';

export type LogQuery = {
  readonly after: Position | null;
  readonly limit: number;
  readonly stream?: string | undefined;
  readonly category?: readonly string[] | undefined;
  readonly type?: readonly string[] | undefined;
  readonly actor?: string | undefined;
  /** Recorded at this time or later, and before this time. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type LogPage = { readonly events: readonly StoredEvent[]; readonly next: Position | null };

type Log = Pick<EventStore, 'readAll' | 'read' | 'eventAt'>;

/** Events looked at for one page: what is rare is then found in several, none of which takes long. */
const LOOKED_AT = 10_000;
const CHUNK = 1_000;
const CLOCKS_DIFFER_MS = 60_000;

/** `next` is where to go on, also after a page that found nothing; null at the end. */
export async function logPage(log: Log, query: LogQuery): Promise<LogPage> {
  const found: StoredEvent[] = [];
  let looked = 0;
  let last: Position | null = query.after;
  for await (const chunk of query.stream === undefined ? ofLog(log, query) : ofStream(log, query.stream, query)) {
    for (const event of chunk.events) {
      if (isOver(event, query)) return { events: found, next: null };
      if (found.length === query.limit) return { events: found, next: last };
      last = event.position;
      if (matches(event, query)) found.push(event);
    }
    looked += CHUNK;
    last = chunk.next;
    if (looked >= LOOKED_AT && chunk.next !== null) return { events: found, next: chunk.next };
  }
  return { events: found, next: null };
}

type Chunk = { readonly events: readonly StoredEvent[]; readonly next: Position | null };

async function* ofLog(log: Log, query: LogQuery): AsyncGenerator<Chunk> {
  const filter = filterOf(query);
  for (let after = query.after; ; ) {
    const page = await log.readAll({ after, filter, limit: isPlain(query) ? query.limit + 1 : CHUNK });
    yield { events: page.events, next: page.next };
    if (page.end) return;
    after = page.next;
  }
}

async function* ofStream(log: Log, stream: string, { after }: LogQuery): AsyncGenerator<Chunk> {
  const at = after === null ? undefined : await log.eventAt(after);
  for (let from = at?.stream === stream ? at.revision + 1 : 0; ; from += CHUNK) {
    const events = await log.read(stream, { from, limit: CHUNK });
    const last = events.at(-1);
    if (last === undefined) return;
    yield { events: events.filter(({ position }) => after === null || position > after), next: last.position };
    if (events.length < CHUNK) return;
  }
}

/** What the engine filters by itself. */
export function filterOf({ category, type }: Pick<LogQuery, 'category' | 'type'>): ReadAllFilter {
  return {
    ...(category === undefined ? {} : { categories: category }),
    ...(type === undefined ? {} : { types: type }),
  };
}

/** Writers' clocks differ by about a second at most, so that nothing recorded earlier comes so much later. */
function isOver({ metadata }: StoredEvent, { until }: LogQuery): boolean {
  return until !== undefined && Date.parse(metadata.recordedAt) >= Date.parse(until) + CLOCKS_DIFFER_MS;
}

function isPlain({ actor, since, until }: LogQuery): boolean {
  return actor === undefined && since === undefined && until === undefined;
}

function matches(event: StoredEvent, { category, type, actor, since, until }: LogQuery): boolean {
  const { recordedAt, actor: by } = event.metadata;
  if (category !== undefined && !category.includes(categoryOf(event.stream))) return false;
  if (type !== undefined && !type.includes(event.type)) return false;
  if (actor !== undefined && by !== actor) return false;
  if (since !== undefined && recordedAt < since) return false;
  return until === undefined || recordedAt < until;
}
