/** The pattern every aggregate follows: decide on a state, say what happened, fold what happened into the next state. */
import type { Rejection } from './rejection.ts';

/** A moment as RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it: it sorts as text. */
export type Instant = string;

/** What an event looks like to a decider: its type and its data. */
export type EventLike = { readonly type: string; readonly data: object };

/** An event together with the time it happened, as `evolve` sees it. */
export type Happened<E extends EventLike> = E & { readonly at: Instant };

/** What a command leads to: the events it causes (none: it changes nothing), or the reason it is refused. */
export type Decision<E extends EventLike> = readonly E[] | Rejection;

/**
 * A decider is pure and total: no clock, no randomness, no I/O. Ids come in with the command, the time of the
 * decision with `now`.
 */
export type Decider<S, C, E extends EventLike> = {
  /** First part of the stream's name: `order` in `order-{id}`. */
  readonly category: string;
  /** Raise it when `S` or `evolve` changes: snapshots of another version are then ignored. */
  readonly stateVersion: number;
  readonly initialState: S;
  readonly evolve: (state: S, event: Happened<E>) => S;
  readonly decide: (command: C, state: S, now: Instant) => Decision<E>;
};
