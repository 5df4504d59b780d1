/** Given what happened, when something is asked, then this happens or is refused: how rules are tested. */
import { expect } from '@jest/globals';
import type { Decider, Decision, EventLike, Happened, Instant } from '../decider.ts';
import { isRejection, type RejectionKind } from '../rejection.ts';

/** When everything happens unless a test says otherwise. */
export const NOW: Instant = '2026-03-01T12:00:00.000Z';

type Outcome<E extends EventLike> = {
  /** Exactly these events. */
  gives(...events: readonly E[]): void;
  /** No event, and no refusal. */
  changesNothing(): void;
  isRefused(code: string, more?: { kind?: RejectionKind; pointer?: string; extra?: object }): void;
};

/** `given(decider, events).when(command).gives(event)`; events may say when they happened. */
export function given<S, C, E extends EventLike>(decider: Decider<S, C, E>, events: readonly (E | Happened<E>)[] = []) {
  return {
    when(command: C, now: Instant = NOW): Outcome<E> {
      return outcome(decider.decide(command, stateOf(decider, events), now));
    },
  };
}

/** The state that events lead to. */
export function stateOf<S, C, E extends EventLike>(decider: Decider<S, C, E>, events: readonly (E | Happened<E>)[]): S {
  return events.reduce<S>((state, event) => decider.evolve(state, { at: NOW, ...event }), decider.initialState);
}

/** Asks one thing after the other, folds what happens, and returns all that happened; refusals change nothing. */
export function play<S, C, E extends EventLike>(
  decider: Decider<S, C, E>,
  commands: readonly { readonly command: C; readonly now?: Instant }[],
): { state: S; events: Happened<E>[] } {
  let state = decider.initialState;
  const events: Happened<E>[] = [];
  for (const { command, now = NOW } of commands) {
    const decision = decider.decide(command, state, now);
    if (isRejection(decision)) continue;
    for (const event of decision) {
      const happened = { ...event, at: now };
      events.push(happened);
      state = decider.evolve(state, happened);
    }
  }
  return { state, events };
}

function outcome<E extends EventLike>(decision: Decision<E>): Outcome<E> {
  return {
    gives: (...events) => expect(decision).toEqual(events),
    changesNothing: () => expect(decision).toEqual([]),
    isRefused: (code, { kind = 'conflict', ...more } = {}) => {
      expect(decision).toMatchObject({ rejected: true, code, kind, ...more });
      expect(isRejection(decision) ? decision.detail : '').toMatch(/\w{3,}.*[.]$/);
    },
  };
}
