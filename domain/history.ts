/** What an aggregate was at a moment, and what changed between two: pure, over events as the log has them. */
import { entriesOf, isById } from './by-id.ts';
import type { Instant } from './decider.ts';
import { deciderOf } from './deciders.ts';
import { decodeStored, type StoredShape } from './decode-stored.ts';
import { UndecodableEvent } from './event-definition.ts';
import { categoryOf } from './ids.ts';
import { parseInstant } from './instant.ts';

/** What this needs of a stored event. */
export type HistoryEvent = StoredShape & {
  readonly revision: number;
  readonly metadata: { readonly recordedAt: Instant };
};

/** A time ("as of T" ends before the first event recorded after T), a revision, or the end of the stream. */
export type Moment = { readonly at: Instant } | { readonly revision: number } | 'end';

/** A moment as people name it: what is all digits is a revision. Undefined for what is neither that nor a time. */
export function parseMoment(value: string): Moment | undefined {
  if (/^\d{1,9}$/.test(value)) return { revision: Number(value) };
  const at = parseInstant(value);
  return at === undefined ? undefined : { at };
}

/** A stream folded up to some event. */
export type Folded<E> = {
  /** The last event that is in it; undefined before the first. */
  readonly last: E | undefined;
  /** As `evolve` made it; undefined where no aggregate has such streams, or from the first event on that cannot be read. */
  readonly state: unknown;
  /** Why there is no state from here on. */
  readonly unreadable?: string;
};

/** Before the first event. */
export function unfolded<E>(stream: string): Folded<E> {
  return { last: undefined, state: deciderOf(categoryOf(stream))?.initialState };
}

/** With the next event. */
export function withNext<E extends HistoryEvent>(stream: string, folded: Folded<E>, event: E): Folded<E> {
  const decider = deciderOf(categoryOf(stream));
  if (decider === undefined || folded.unreadable !== undefined) return { ...folded, last: event };
  try {
    return { last: event, state: decider.evolve(folded.state, decodeStored(event)) };
  } catch (error) {
    if (!(error instanceof UndecodableEvent)) throw error;
    return { last: event, state: undefined, unreadable: `revision ${event.revision}: ${error.message}` };
  }
}

/** Whether an event, and so all that follow it in its stream, came after a moment. */
export function isAfter(event: HistoryEvent, moment: Moment): boolean {
  if (moment === 'end') return false;
  return 'at' in moment ? event.metadata.recordedAt > moment.at : event.revision > moment.revision;
}

/** Maps by id as the plain maps that people take them for. */
export function plainState(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainState);
  if (!isObject(value)) return value;
  const entries = isById(value) ? [...entriesOf(value)].sort(([a], [b]) => (a < b ? -1 : 1)) : Object.entries(value);
  return Object.fromEntries(entries.map(([name, inner]) => [name, plainState(inner)]));
}

/** One place of a state: `before` is left out where there was nothing, `after` where nothing is left. */
export type Change = { readonly path: string; readonly before?: unknown; readonly after?: unknown };

/**
 * What differs between two plain states, by JSON pointer (RFC 6901), as deep as both have an object or a list there.
 * A sealed value is one value.
 */
export function changesBetween(before: unknown, after: unknown, path = ''): readonly Change[] {
  if (!isParted(before) || !isParted(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    changesBetween(before[name], after[name], `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

function isParted(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !('$sealed' in value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
