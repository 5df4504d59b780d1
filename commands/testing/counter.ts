/** A small aggregate for tests of the runtime: a level that is added to and taken from, never below zero. */
import type { Decider } from '../../domain/decider.ts';
import type { InventoryEvent } from '../../domain/inventory/events.ts';
import { reject } from '../../domain/rejection.ts';
import { newId } from '../../platform/ids.ts';
import type { CommandContext } from '../runtime/types.ts';

export type CounterCommand =
  | { readonly kind: 'add'; readonly amount: number; readonly reason?: string }
  /** Refused as `too_little` when there is not as much. */
  | { readonly kind: 'take'; readonly amount: number }
  /** Adds what is missing; changes nothing when the level is as high already. */
  | { readonly kind: 'raise-to'; readonly level: number }
  /** Several events in one command. */
  | { readonly kind: 'add-each'; readonly amounts: readonly number[] };

export type CounterState = { readonly level: number; readonly lastAt: string | null; readonly reasons: number };

const VARIANT = '019a0000-0000-7000-8000-000000000001';

/** The events are the inventory's, so that the runtime's own codec and schemas are at work. */
export const counterDecider: Decider<CounterState, CounterCommand, InventoryEvent> = {
  category: 'counter',
  stateVersion: 1,
  initialState: { level: 0, lastAt: null, reasons: 0 },
  evolve(state, event) {
    if (event.type !== 'StockAdjusted') return state;
    const { delta, reason } = event.data;
    return { level: state.level + delta, lastAt: event.at, reasons: state.reasons + reason.length };
  },
  decide(command, state) {
    switch (command.kind) {
      case 'add':
        return [adjusted(command.amount, command.reason)];
      case 'take':
        if (state.level < command.amount) return reject('too_little', `only ${state.level} left: take less`);
        return [adjusted(-command.amount)];
      case 'raise-to':
        return state.level >= command.level ? [] : [adjusted(command.level - state.level)];
      case 'add-each':
        return command.amounts.map((amount) => adjusted(amount));
    }
  },
};

/** The context of a command issued now, or a part of it given. */
export function commandContext(given: Partial<CommandContext> = {}): CommandContext {
  return {
    commandId: newId(),
    issuedAt: new Date().toISOString(),
    actor: 'cli:test',
    correlationId: 'test',
    ...given,
  };
}

function adjusted(delta: number, reason = 'counted'): InventoryEvent {
  return { type: 'StockAdjusted', data: { variantId: VARIANT, delta, reason } };
}
