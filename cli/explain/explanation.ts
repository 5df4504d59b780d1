/** What an explanation is: figures, each with the facts of the log that made it, and whether they do. */
import type { Decider, EventLike, Happened } from '../../domain/decider.ts';
import { decodeStored } from '../../domain/decode-stored.ts';
import type { ShopEvent } from '../../domain/event-registry.ts';
import { add, type Money, sameMoney } from '../../domain/money.ts';
import type { Position, StoredEvent } from '../../event-store/port.ts';

/** Money, a number of units, or a word as a status. */
export type Value = Money | number | string;

export type Fact = {
  /** As `Souk-Position` shows it. */
  readonly position: string;
  readonly recordedAt: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly actor: string;
  /** What the fact adds to the figure, or makes of it. */
  readonly change: Value;
  /** The figure after it, where facts are a ledger. */
  readonly after?: Value;
  /** What it was for or why, where the event says so. */
  readonly note?: string;
};

export type Figure = {
  readonly figure: string;
  readonly value: Value;
  /** How it comes of the facts, in words; or why it does not. */
  readonly remark?: string;
  /** Whether the facts come to the figure. */
  readonly holds: boolean;
  readonly because: readonly Fact[];
};

export type Explanation = { readonly subject: string; readonly figures: readonly Figure[] };

/** An event as the log has it, and as this version reads it. */
export type Seen = { readonly stored: StoredEvent; readonly event: Happened<ShopEvent> };

/** Reads a stream's events; throws `UndecodableEvent`. */
export function seen(events: readonly StoredEvent[]): readonly Seen[] {
  return events.map((stored) => ({ stored, event: decodeStored(stored) }));
}

/** The state that the domain's own rules fold events to. */
export function stateOf<S, C, E extends EventLike>(decider: Decider<S, C, E>, events: readonly Seen[]): S {
  return statesOf(decider, events).at(-1) ?? decider.initialState;
}

/** The state after each event. */
export function statesOf<S, C, E extends EventLike>(
  { evolve, initialState }: Decider<S, C, E>,
  events: readonly Seen[],
): readonly S[] {
  let state = initialState;
  return events.map(({ event }) => {
    state = evolve(state, event as unknown as Happened<E>);
    return state;
  });
}

export type FormatPosition = (position: Position) => string;

/** An event as a fact. */
export function factOf({ stored }: Seen, change: Value, format: FormatPosition, note?: string): Fact {
  const { position, type, stream, revision, metadata } = stored;
  const { recordedAt, actor } = metadata;
  const fact = { position: format(position), recordedAt, type, stream, revision, actor, change };
  return note === undefined ? fact : { ...fact, note };
}

/** A figure that its facts must add up to. */
export function summed(figure: string, value: Money | number, because: readonly Fact[]): Figure {
  const after = runningSums(because.map(({ change }) => change as Money | number));
  const sum = after.at(-1);
  const holds = sum === undefined ? isNothing(value) : sameValue(sum, value);
  return {
    figure,
    value,
    ...(holds ? {} : { remark: `the facts come to ${sum === undefined ? 'nothing' : shownValue(sum)}` }),
    holds,
    because: because.map((fact, at) => ({ ...fact, after: after[at] ?? fact.change })),
  };
}

/** A figure that its last fact says. */
export function told(figure: string, value: Value, because: readonly Fact[], remark?: string): Figure {
  const last = because.at(-1)?.change;
  const holds = last !== undefined && sameValue(last, value);
  const wrong = last === undefined ? 'no fact says so' : `the last fact says ${shownValue(last)}`;
  const said = holds ? remark : wrong;
  return { figure, value, ...(said === undefined ? {} : { remark: said }), holds, because };
}

export function sameValue(a: Value, b: Value): boolean {
  return typeof a === 'object' && typeof b === 'object' ? sameMoney(a, b) : a === b;
}

/** For people: `19.99 USD`, `3`, `confirmed`. */
export function shownValue(value: Value): string {
  if (typeof value !== 'object') return String(value);
  const { amount, currency } = value;
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  const text = String(Math.abs(amount)).padStart((digits ?? 2) + 1, '0');
  const point = text.length - (digits ?? 2);
  const decimal = point === text.length ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  return `${amount < 0 ? '-' : ''}${decimal} ${currency}`;
}

function runningSums(changes: readonly (Money | number)[]): readonly (Money | number)[] {
  const sums: (Money | number)[] = [];
  for (const change of changes) {
    const before = sums.at(-1);
    sums.push(before === undefined ? change : plus(before, change));
  }
  return sums;
}

function plus(a: Money | number, b: Money | number): Money | number {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'object' && typeof b === 'object') return add(a, b);
  throw new Error('cannot add units to money');
}

function isNothing(value: Money | number): boolean {
  return (typeof value === 'number' ? value : value.amount) === 0;
}
