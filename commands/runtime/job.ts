/** A command on its way through the runtime. */
import type { EventLike } from '../../domain/decider.ts';
import type { Rejection } from '../../domain/rejection.ts';
import type { Effect } from './command-memory.ts';
import type { AnyDecider } from './stream-state.ts';
import type { CommandContext, Handled, HandleOptions } from './types.ts';

export type Answer = Handled<unknown, EventLike> | Rejection;

export type Job = {
  readonly stream: string;
  readonly decider: AnyDecider;
  readonly command: unknown;
  readonly context: CommandContext;
  readonly options: HandleOptions;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Found by a search among events too old to be remembered. */
  found: Effect | undefined;
  /** Events below this revision were searched: the command caused none of them. */
  searchedBelow: number;
};
