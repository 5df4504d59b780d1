/** What the command runtime offers to everything that decides. */
import type { Decider, EventLike, Instant } from '../../domain/decider.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { Position } from '../../event-store/port.ts';

/**
 * Who asks, when, and under which id. A repeat carries the same `commandId` and `issuedAt`; two different commands to one
 * stream never share an id: the second would be taken for a repeat of the first.
 */
export type CommandContext = {
  /** UUID; the ids of the events follow from it. */
  readonly commandId: string;
  /** When the command was first issued, by the issuer's clock. */
  readonly issuedAt: Instant;
  /** `user:{id}`, `guest:{cartId}`, `process:{name}`, `gateway:{name}`, `cli:{name}`. */
  readonly actor: string;
  readonly correlationId: string;
  /** Id of the event or command that led to this one; the command's own id where nothing did. */
  readonly causationId?: string;
  readonly traceparent?: string;
};

/** The command took effect, now or before, or changed nothing. */
export type Handled<S, E> = {
  readonly state: S;
  /** Revision of the stream at that state; -1 where it does not exist. */
  readonly revision: number;
  /** Highest position the state speaks of; null for a stream that does not exist. */
  readonly position: Position | null;
  /** What this command caused, now or the first time; empty for a no-op. */
  readonly events: readonly E[];
  /** It had taken effect before. */
  readonly repeated: boolean;
};

/** `If-Match` named another revision than the stream's (412 `stale`). */
export class StaleRevision extends Error {
  readonly actual: number;
  constructor(actual: number) {
    super(`the resource is at revision ${actual}`);
    this.name = 'StaleRevision';
    this.actual = actual;
  }
}

/** Too many others change or want the stream at the same moment (503 with `Retry-After`): send the same command again. */
export class TooContended extends Error {
  readonly stream: string;
  constructor(stream: string, why: string) {
    super(`${stream} is too busy (${why}): send the same command again in a moment`);
    this.name = 'TooContended';
    this.stream = stream;
  }
}

/** An aggregate's state as the log has it. */
export type Loaded<S> = { readonly state: S; readonly revision: number; readonly position: Position | null };

export type HandleOptions = {
  /** From `If-Match`; judged for this command alone, even inside a batch. */
  readonly expectedRevision?: number;
  /**
   * The decider itself recognises a repeat in its state (a reservation, a payment attempt): no look-up by command id
   * beyond the recent ones.
   */
  readonly naturalKey?: boolean;
  /**
   * A hint: the stream is most likely not there yet. The command is decided on the initial state without a read; where
   * the stream exists after all, the append conflicts and the command is decided again on what was read.
   */
  readonly isNew?: boolean;
};

export type CommandRuntime = {
  /** Loads, decides, appends; retries conflicts. Refusals are values; `StaleRevision` and faults are thrown. */
  handle<S, C, E extends EventLike>(
    decider: Decider<S, C, E>,
    id: string,
    command: C,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<Handled<S, E> | Rejection>;
  /**
   * The state for reading. From the cache where this process's tail is less than a second behind, else from the log;
   * `fresh` always reads the stream's tail (before a refusal is given on it).
   */
  load<S, C, E extends EventLike>(
    decider: Decider<S, C, E>,
    id: string,
    options?: { readonly fresh?: boolean },
  ): Promise<Loaded<S>>;
};
