/**
 * A process carries work over several streams. It is level-triggered: each run looks at the present states
 * and does what is next, so that anyone may run it at any time, twice, at once, or after a crash.
 */
import type { Instant } from '../../domain/decider.ts';
import type { EventType, ShopEvent } from '../../domain/event-registry.ts';

export type ProcessRun = {
  /** Ties what this run does to what woke it. */
  readonly correlationId: string;
  readonly signal?: AbortSignal;
};

/** When to look again, even if nothing happens; null: only when an event of this key comes. */
export type Advanced = { readonly wakeAt: Instant | null };

export type Process = {
  /** In kebab-case; part of the ids of its commands, so it is never renamed. */
  readonly name: string;
  readonly wants: readonly EventType[];
  /** Which run an event belongs to; undefined for events that concern none. */
  readonly key: (event: ShopEvent) => string | undefined;
  /** Does all that can be done now. Throws when something is away; it is then run again, without limit. */
  readonly advance: (key: string, run: ProcessRun) => Promise<Advanced>;
};
