/** `souk events read|tail|stats|…`: the history itself. */
import type { Command } from 'commander';
import { categoryOf } from '../../domain/ids.ts';
import type { EventStore, LogIdentity, Position, ReadAllFilter, StoredEvent } from '../../event-store/port.ts';
import { formatToken, parseToken } from '../../event-store/token.ts';
import { shownEvent } from '../../read-api/shown-event.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { instant, several, wholeNumber } from '../options.ts';
import { printLine, printObject, printRows, type TableRow } from '../output.ts';
import { withEngines } from '../with-engines.ts';
import { copyVerbs } from './copy-events.ts';
import { verifyEventsVerb } from './verify-events.ts';

type Selection = {
  readonly category?: readonly string[];
  readonly type?: readonly string[];
  readonly actor?: string;
  readonly after?: string;
  readonly before?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly ndjson?: boolean;
  readonly json?: boolean;
};

const COLUMNS = ['position', 'recordedAt', 'type', 'stream', 'revision', 'actor'] as const;
const PAGE = 1_000;
/** Rows of a table nobody asked to be longer. */
const TABLE_LIMIT = 1_000;

export function eventsVerbs(program: Command): void {
  const events = program.command('events').description('read, follow and count the events of the log');
  selecting(
    events.command('read').argument('[stream]', 'only this stream').description('events in the order of the log'),
  )
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--json', 'as one JSON array')
    .action((stream: string | undefined, options: Selection) => read(stream, options));
  selecting(events.command('tail').description('events as they happen, from now or from --after, until Ctrl-C'))
    .option('--limit <n>', 'end after so many', wholeNumber)
    .action((options: Selection) => tail(options));
  events
    .command('stats')
    .description('how many events and streams, by category and type')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => stats(options.json === true));
  copyVerbs(events);
  verifyEventsVerb(events);
}

function selecting(command: Command): Command {
  return command
    .option('--category <name>', 'only streams of this category; may repeat', several)
    .option('--type <name>', 'only events of this type; may repeat', several)
    .option('--actor <actor>', 'only what this actor did')
    .option('--after <position>', 'only after this position')
    .option('--before <position>', 'only before this position')
    .option('--since <time>', 'only recorded at this time or later', instant)
    .option('--until <time>', 'only recorded before this time', instant)
    .option('--ndjson', 'one JSON object a line');
}

async function read(stream: string | undefined, options: Selection): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const identity = await store.identity();
    const rows: TableRow[] = [];
    const asTable = !options.ndjson && !options.json;
    const limit = options.limit ?? (asTable ? TABLE_LIMIT : Number.POSITIVE_INFINITY);
    const list: unknown[] = [];
    let shown = 0;
    if (limit === 0) return options.json ? printLine('[]') : undefined;
    for await (const event of selected(store, { stream, options, identity, interrupted })) {
      shown += 1;
      if (options.ndjson) await printLine(JSON.stringify(presented(event, identity)));
      else if (options.json) list.push(presented(event, identity));
      else rows.push(rowOf(event, identity));
      if (shown === limit) break;
    }
    // Part of a list would pass for all of it; lines were printed as they came.
    if (interrupted.aborted) return;
    if (options.json) await printLine(JSON.stringify(list));
    if (asTable) await printRows(rows, COLUMNS, false);
  });
}

async function tail(options: Selection): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const identity = await store.identity();
    const after = options.after === undefined ? await store.head() : positionOf(options.after, identity);
    const before = options.before === undefined ? undefined : positionOf(options.before, identity);
    let shown = 0;
    for await (const message of store.subscribe({ after, signal: interrupted })) {
      if (message.kind !== 'events') continue;
      for (const event of message.events) {
        if (shown === options.limit || (before !== undefined && event.position >= before)) return;
        if (!matches(event, options, identity)) continue;
        if (options.ndjson) await printLine(JSON.stringify(presented(event, identity)));
        else await printLine(Object.values(rowOf(event, identity)).join('  '));
        shown += 1;
        if (shown === options.limit) return;
      }
    }
  });
}

async function stats(json: boolean): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const counted = { events: 0, streams: 0, byCategory: new Map<string, number>(), byType: new Map<string, number>() };
    let first: StoredEvent | undefined;
    let last: StoredEvent | undefined;
    for await (const event of all(store, { from: null, interrupted })) {
      first ??= event;
      last = event;
      counted.events += 1;
      // Each stream is counted at its first event: nothing grows with their number.
      if (event.revision === 0) counted.streams += 1;
      bump(counted.byCategory, categoryOf(event.stream));
      bump(counted.byType, event.type);
    }
    // Part of the log would pass for all of it.
    if (interrupted.aborted) return;
    const head = last ? formatToken(await store.identity(), last.position) : null;
    const result = {
      events: counted.events,
      streams: counted.streams,
      head,
      first: first?.metadata.recordedAt ?? null,
      last: last?.metadata.recordedAt ?? null,
      byCategory: sorted(counted.byCategory),
      byType: sorted(counted.byType),
    };
    await printObject(result, json);
  });
}

type Source = {
  readonly stream: string | undefined;
  readonly options: Selection;
  readonly identity: LogIdentity;
  readonly interrupted: AbortSignal;
};

async function* selected(store: EventStore, selection: Source): AsyncGenerator<StoredEvent> {
  const { stream, options, identity, interrupted } = selection;
  const after = options.after === undefined ? null : positionOf(options.after, identity);
  const before = options.before === undefined ? undefined : positionOf(options.before, identity);
  const source =
    stream === undefined
      ? all(store, { from: after, filter: filterOf(options), interrupted })
      : wholeStream(store, stream);
  for await (const event of source) {
    if (interrupted.aborted) return;
    if (before !== undefined && event.position >= before) return;
    if (after !== null && event.position <= after) continue;
    if (matches(event, options, identity)) yield event;
  }
}

type Walk = {
  readonly from: Position | null;
  readonly filter?: ReadAllFilter | undefined;
  readonly interrupted: AbortSignal;
};

async function* all(store: EventStore, { from, filter, interrupted }: Walk): AsyncGenerator<StoredEvent> {
  let after = from;
  while (!interrupted.aborted) {
    const page = await store.readAll({ after, limit: PAGE, ...(filter ? { filter } : {}) });
    yield* page.events;
    if (page.end) return;
    after = page.next;
  }
}

async function* wholeStream(store: EventStore, stream: string): AsyncGenerator<StoredEvent> {
  for (let from = 0; ; from += PAGE) {
    const page = await store.read(stream, { from, limit: PAGE });
    if (from === 0 && page.length === 0)
      throw new CommandFailed(EXIT.refused, `There is no stream ${stream}. souk events stats tells what there is.`);
    yield* page;
    if (page.length < PAGE) return;
  }
}

function filterOf({ category, type }: Selection): ReadAllFilter | undefined {
  if (!category && !type) return undefined;
  return { ...(category ? { categories: category } : {}), ...(type ? { types: type } : {}) };
}

function matches(event: StoredEvent, options: Selection, identity: LogIdentity): boolean {
  const { category, type, actor, since, until, before } = options;
  if (category && !category.includes(categoryOf(event.stream))) return false;
  if (type && !type.includes(event.type)) return false;
  if (actor !== undefined && event.metadata.actor !== actor) return false;
  if (since !== undefined && event.metadata.recordedAt < since) return false;
  if (until !== undefined && event.metadata.recordedAt >= until) return false;
  return before === undefined || event.position < positionOf(before, identity);
}

/** A position as `Souk-Position` and this command show it. */
function positionOf(token: string, identity: LogIdentity): Position {
  const parsed = parseToken(identity, token);
  if (parsed.kind === 'position') return parsed.position;
  const why =
    parsed.kind === 'other-log' ? 'is a position of another log' : 'is not a position as this command shows them';
  throw new CommandFailed(EXIT.usage, `${token} ${why}.`);
}

/** The event as the API shows it too. */
function presented(event: StoredEvent, identity: LogIdentity) {
  return shownEvent(event, (position) => formatToken(identity, position));
}

function rowOf(event: StoredEvent, identity: LogIdentity): TableRow {
  return {
    position: formatToken(identity, event.position),
    recordedAt: event.metadata.recordedAt,
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    actor: event.metadata.actor,
  };
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
