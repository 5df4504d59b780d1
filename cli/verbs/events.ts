/** `souk events read|tail|stats|…`: the history itself. */
import type { Command } from 'commander';
import type { LogIdentity, Position, StoredEvent, StoredText } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import { shownEvent } from '../../read-api/shown-event.ts';
import { type Choice, type Choosing, choiceOf, choosing, textsFor } from '../history/choice.ts';
import { metadataOf } from '../history/event-text.ts';
import { wholeNumber } from '../options.ts';
import { printLine, printRows, type TableRow } from '../output.ts';
import { withEngines } from '../with-engines.ts';
import { copyVerbs } from './copy-events.ts';
import { eventsStatsVerb } from './events-stats.ts';
import { exportEventsVerb } from './export-events.ts';
import { verifyEventsVerb } from './verify-events.ts';

type Options = Choosing & { readonly limit?: number; readonly ndjson?: boolean; readonly json?: boolean };

const COLUMNS = ['position', 'recordedAt', 'type', 'stream', 'revision', 'actor'] as const;
/** Rows of a table nobody asked to be longer. */
const TABLE_LIMIT = 1_000;
const NDJSON = ['--ndjson', 'one JSON object a line'] as const;

export function eventsVerbs(program: Command): void {
  const events = program.command('events').description('read, follow, count and export the events of the log');
  choosing(
    events.command('read').argument('[stream]', 'only this stream').description('events in the order of the log'),
  )
    .option(...NDJSON)
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--json', 'as one JSON array')
    .action((stream: string | undefined, options: Options) => read(stream, options));
  choosing(
    events
      .command('tail')
      .argument('[stream]', 'only this stream')
      .description('events as they happen, from now or from --after, until Ctrl-C'),
  )
    .option(...NDJSON)
    .option('--limit <n>', 'end after so many', wholeNumber)
    .action((stream: string | undefined, options: Options) => tail(stream, options));
  eventsStatsVerb(events);
  exportEventsVerb(events);
  copyVerbs(events);
  verifyEventsVerb(events);
}

async function read(stream: string | undefined, options: Options): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const identity = await store.identity();
    const choice = choiceOf(options, identity);
    const rows: TableRow[] = [];
    const asTable = !options.ndjson && !options.json;
    const limit = options.limit ?? (asTable ? TABLE_LIMIT : Number.POSITIVE_INFINITY);
    const list: unknown[] = [];
    let shown = 0;
    if (limit === 0) return options.json ? printLine('[]') : undefined;
    for await (const event of chosen(textsFor(store, choice, { stream, signal: interrupted }), choice)) {
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

async function* chosen(pages: AsyncIterable<readonly StoredText[]>, choice: Choice): AsyncGenerator<StoredEvent> {
  for await (const page of pages) {
    for (const event of page) {
      const metadata = metadataOf(event);
      if (choice.accepts(event, metadata)) yield { ...event, metadata, data: JSON.parse(event.data) };
    }
  }
}

async function tail(stream: string | undefined, options: Options): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const identity = await store.identity();
    const choice = choiceOf(options, identity);
    const after: Position | null = options.after === undefined ? await store.head() : choice.after;
    let shown = 0;
    for await (const message of store.subscribe({ after, signal: interrupted })) {
      if (message.kind !== 'events') continue;
      for (const event of message.events) {
        if (shown === options.limit || (choice.before !== undefined && event.position >= choice.before)) return;
        if (stream !== undefined && event.stream !== stream) continue;
        if (!choice.accepts(event, event.metadata)) continue;
        if (options.ndjson) await printLine(JSON.stringify(presented(event, identity)));
        else await printLine(Object.values(rowOf(event, identity)).join('  '));
        shown += 1;
        if (shown === options.limit) return;
      }
    }
  });
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
