/** What a use case hands back, and how it names the steps that lead there. */
import { isRejection, type Rejection, reject } from '../domain/rejection.ts';
import { latest, type Position } from '../event-store/port.ts';
import { nameId } from '../platform/ids.ts';
import type { CommandContext } from './runtime/types.ts';

/** A state that has come about, where its stream stands, and the highest position of any event the use case spoke to. */
export type Outcome<S> = {
  readonly state: S;
  readonly revision: number;
  readonly position: Position | null;
};

/**
 * The context of one step of a flow: its own command id, which follows from the flow's, so that a flow that is run
 * again finds what its first run did.
 */
export function step(context: CommandContext, label: string): CommandContext {
  return { ...context, commandId: nameId(context.commandId, label), causationId: context.commandId };
}

/** The states of an aggregate that exists. */
export type Present<S> = Exclude<S, { readonly status: 'none' } | { readonly status: 'abandoned' }>;

type Stands<S> = { readonly state: S; readonly revision: number; readonly position: Position | null };

/** What a command came to, its position together with those of the steps before it; a refusal stays one. */
export function outcome<S>(
  handled: Stands<S> | Rejection,
  ...others: readonly (Position | null)[]
): Outcome<Present<S>> | Rejection {
  if (isRejection(handled)) return handled;
  return {
    state: present(handled.state),
    revision: handled.revision,
    position: others.reduce(latest, handled.position),
  };
}

/** A state that must exist, as after a command that took effect. Throws where it does not: a bug. */
export function present<S>(state: S): Present<S> {
  if ((state as { readonly status?: unknown }).status === 'none') throw new Error('this aggregate does not exist');
  return state as Present<S>;
}

/** A refusal for what is not there, or not to be seen. */
export function notFound(what: string): Rejection {
  return reject('not_found', `There is no such ${what}. Check its id.`, { kind: 'not_found' });
}
