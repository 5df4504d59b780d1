/** Which part of the history a command is about: the options that say it, and the events they choose. */
import type { Command } from 'commander';
import { categoryOf } from '../../domain/ids.ts';
import type {
  EventMetadata,
  EventStore,
  LogIdentity,
  Position,
  ReadAllFilter,
  StoredText,
} from '../../event-store/port.ts';
import { scanTexts } from '../../event-store/scan.ts';
import { textsOf } from '../../event-store/texts-of.ts';
import { parseToken } from '../../event-store/token.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { instant, several } from '../options.ts';

export type Choosing = {
  readonly category?: readonly string[];
  readonly type?: readonly string[];
  readonly actor?: string;
  readonly after?: string;
  readonly before?: string;
  readonly since?: string;
  readonly until?: string;
};

type Placed = Pick<StoredText, 'stream' | 'type' | 'position'>;

/** What the options mean in one log. */
export type Choice = {
  readonly after: Position | null;
  readonly before: Position | undefined;
  readonly filter: ReadAllFilter | undefined;
  /** Whether an event is meant, as far as its stream's category, its type and its position tell. */
  within(event: Placed): boolean;
  /** Whether it is meant: by its actor and time as well. */
  accepts(event: Placed, metadata: EventMetadata): boolean;
};

/** Adds the options that choose events to a command. */
export function choosing(command: Command): Command {
  return command
    .option('--category <name>', 'only streams of this category; may repeat', several)
    .option('--type <name>', 'only events of this type; may repeat', several)
    .option('--actor <actor>', 'only what this actor did')
    .option('--after <position>', 'only after this position')
    .option('--before <position>', 'only before this position')
    .option('--since <time>', 'only recorded at this time or later', instant)
    .option('--until <time>', 'only recorded before this time', instant);
}

/** Fails as wrong usage where a position is none of this log. */
export function choiceOf(options: Choosing, identity: LogIdentity): Choice {
  const { category, type, actor, since, until } = options;
  const after = options.after === undefined ? null : positionOf(options.after, identity);
  const before = options.before === undefined ? undefined : positionOf(options.before, identity);
  const filter = {
    ...(category ? { categories: category } : {}),
    ...(type ? { types: type } : {}),
  };
  const within = (event: Placed): boolean => {
    if (category && !category.includes(categoryOf(event.stream))) return false;
    if (type && !type.includes(event.type)) return false;
    if (after !== null && event.position <= after) return false;
    return before === undefined || event.position < before;
  };
  return {
    after,
    before,
    filter: category || type ? filter : undefined,
    within,
    accepts(event, metadata) {
      if (actor !== undefined && metadata.actor !== actor) return false;
      if (since !== undefined && metadata.recordedAt < since) return false;
      if (until !== undefined && metadata.recordedAt >= until) return false;
      return within(event);
    },
  };
}

type From = { readonly stream?: string | undefined; readonly upTo?: Position | null; readonly signal: AbortSignal };

/**
 * The events among which the chosen ones are, in order, up to the head as it is now; whether one is meant, `accepts`
 * says. Fails where the stream does not exist.
 */
export async function* textsFor(
  store: EventStore,
  { after, before, filter }: Pick<Choice, 'after' | 'before' | 'filter'>,
  { stream, upTo, signal }: From,
): AsyncGenerator<readonly StoredText[]> {
  const pages = stream === undefined ? scanTexts(store, { after, upTo, filter, signal }) : ofStream(store, stream);
  for await (const page of pages) {
    if (signal.aborted) return;
    yield page;
    if (before !== undefined && (page.at(-1)?.position ?? before) >= before) return;
  }
}

const PAGE = 1_000;

async function* ofStream(store: EventStore, stream: string): AsyncGenerator<readonly StoredText[]> {
  for (let from = 0; ; from += PAGE) {
    const events = await store.read(stream, { from, limit: PAGE });
    if (from === 0 && events.length === 0)
      throw new CommandFailed(EXIT.refused, `There is no stream ${stream}. souk events stats tells what there is.`);
    yield textsOf({ events, next: null, end: true }).events;
    if (events.length < PAGE) return;
  }
}

/** A position as `Souk-Position` and the command show it. */
export function positionOf(token: string, identity: LogIdentity): Position {
  const parsed = parseToken(identity, token);
  if (parsed.kind === 'position') return parsed.position;
  const why =
    parsed.kind === 'other-log' ? 'is a position of another log' : 'is not a position as this command shows them';
  throw new CommandFailed(EXIT.usage, `${token} ${why}.`);
}
