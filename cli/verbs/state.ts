/** `souk state STREAM`: an aggregate's state, now or as it was. */
import type { Command } from 'commander';
import { entriesOf, isById } from '../../domain/by-id.ts';
import { deciderOf } from '../../domain/deciders.ts';
import { decodeStored } from '../../domain/decode-stored.ts';
import { categoryOf } from '../../domain/ids.ts';
import type { StoredEvent } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { instant, wholeNumber } from '../options.ts';
import { printLine } from '../output.ts';
import { withEngines } from '../with-engines.ts';

type Options = { readonly at?: string; readonly revision?: number };

export function stateVerb(program: Command): void {
  program
    .command('state')
    .argument('<stream>', 'as order-0198…')
    .description('the state of a stream, as JSON')
    .option('--at <time>', 'as it was at a time (RFC 3339)', instant)
    .option('--revision <n>', 'as it was at a revision', wholeNumber)
    .option('--json', 'as JSON (it always is)')
    .action((stream: string, options: Options) => showState(stream, options));
}

async function showState(stream: string, options: Options): Promise<void> {
  if (options.at !== undefined && options.revision !== undefined)
    throw new CommandFailed(EXIT.usage, 'Take --at or --revision, not both.');
  await withEngines(async ({ store }) => {
    const decider = deciderOf(categoryOf(stream));
    const events = upTo(await store.read(stream), options);
    const last = events.at(-1);
    const missing = options.revision !== undefined && last?.revision !== options.revision;
    if (!decider || !last || missing) throw new CommandFailed(EXIT.refused, unknownStream(stream, options));
    const state = events
      .map((event) => ({ ...decodeStored(event), at: event.metadata.occurredAt }))
      .reduce(decider.evolve, decider.initialState);
    const position = formatToken(await store.identity(), last.position);
    const { revision, metadata } = last;
    await printLine(
      JSON.stringify({ stream, revision, position, recordedAt: metadata.recordedAt, state: flattened(state) }, null, 2),
    );
  });
}

/** Maps by id as the plain maps that people take them for. */
function flattened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (isById(value)) return Object.fromEntries(entriesOf(value));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, flattened(inner)]));
}

/** "As of T" ends before the first event recorded after T. */
function upTo(events: readonly StoredEvent[], { at, revision }: Options): readonly StoredEvent[] {
  if (revision !== undefined) return events.slice(0, revision + 1);
  if (at === undefined) return events;
  const end = events.findIndex(({ metadata }) => metadata.recordedAt > at);
  return end < 0 ? events : events.slice(0, end);
}

function unknownStream(stream: string, options: Options): string {
  const { at, revision } = options;
  const when = at === undefined ? (revision === undefined ? '' : ` at revision ${revision}`) : ` at ${at}`;
  return `There is no stream ${stream}${when}. souk events stats tells what there is.`;
}
