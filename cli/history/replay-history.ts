/** Runs a fold over the history, or a part of it. */
import { isDecoded } from '../../domain/decode-stored.ts';
import type { EventMetadata, EventStore, StoredText } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { type Choosing, choiceOf, textsFor } from './choice.ts';
import { dataOf, metadataOf } from './event-text.ts';
import type { Fold, FoldedEvent } from './fold.ts';
import { errorText } from './load-fold.ts';

export type ReplayOptions = {
  readonly choosing?: Choosing;
  /** Only this stream. */
  readonly stream?: string | undefined;
  readonly signal: AbortSignal;
  /** Told how many events of the log were gone through, of how many; undefined where the log cannot count them. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
};

/**
 * What the fold makes of the chosen events, up to the head as it is now. Undefined where the signal aborted it. Fails
 * with the event's name where the fold throws, or the event cannot be read.
 */
export async function replayHistory<State>(
  store: EventStore,
  fold: Fold<State>,
  { choosing = {}, stream, signal, onProgress }: ReplayOptions,
): Promise<{ readonly result: unknown; readonly events: number } | undefined> {
  const identity = await store.identity();
  const choice = choiceOf(choosing, identity);
  const head = await store.head();
  const total = stream === undefined ? store.distance(choice.after, head) : undefined;
  let state = fold.initial;
  let [done, events] = [0, 0];
  for await (const page of textsFor(store, choice, { stream, upTo: head, signal })) {
    for (const text of page) {
      const metadata = metadataOf(text);
      if (!choice.accepts(text, metadata)) continue;
      state = step(fold, state, { text, metadata, position: formatToken(identity, text.position) });
      events += 1;
    }
    done += page.length;
    onProgress?.(done, total);
  }
  return signal.aborted ? undefined : { result: await finished(fold, state), events };
}

type Next = { readonly text: StoredText; readonly metadata: EventMetadata; readonly position: string };

// A million times over: what is only needed when it goes wrong is made only then.
function step<State>(fold: Fold<State>, state: State, next: Next): State {
  const event = eventOf(next);
  let after: State;
  try {
    after = fold.evolve(state, event);
  } catch (error) {
    return fail(`evolve failed at ${nameOf(event)}`, error);
  }
  if (after !== undefined && !(after instanceof Promise)) return after;
  const what = after === undefined ? 'nothing' : 'a promise';
  return fail(`evolve gave back ${what} at ${nameOf(event)}`, 'it should give back the next state');
}

function eventOf({ text, metadata, position }: Next): FoldedEvent {
  const { stream, revision, id, type } = text;
  try {
    // What this version cannot read ends the replay whether a fold looks at it or not.
    let data = isDecoded(type, metadata.schemaVersion) ? undefined : dataOf(text, metadata);
    // The registry ties type and data together.
    return {
      position,
      stream,
      revision,
      id,
      type,
      // Parsed where a fold looks at it: most look at few types, and parsing is what an event costs most of all.
      get data() {
        data ??= dataOf(text, metadata);
        return data;
      },
      metadata: shown(metadata),
    } as FoldedEvent;
  } catch (error) {
    return fail(
      `The event at ${nameOf({ position, stream, revision, type })} cannot be read`,
      (error as Error).message,
    );
  }
}

function nameOf({
  position,
  type,
  stream,
  revision,
}: Record<'position' | 'type' | 'stream', string> & { revision: number }) {
  return `${position} (${type} of ${stream}, revision ${revision})`;
}

// In one go: an object spread into another costs more than all the rest of an event.
function shown(metadata: EventMetadata): FoldedEvent['metadata'] {
  const { commandId, $correlationId: correlationId, $causationId: causationId, actor, traceparent } = metadata;
  const { occurredAt, recordedAt, schemaVersion } = metadata;
  if (traceparent === undefined)
    return { commandId, correlationId, causationId, actor, occurredAt, recordedAt, schemaVersion };
  return { commandId, correlationId, causationId, actor, occurredAt, recordedAt, schemaVersion, traceparent };
}

async function finished<State>(fold: Fold<State>, state: State): Promise<unknown> {
  try {
    return fold.finish ? await fold.finish(state) : state;
  } catch (error) {
    return fail('finish failed', error);
  }
}

function fail(what: string, why: unknown): never {
  throw new CommandFailed(EXIT.refused, `${what}: ${errorText(why)}`);
}
