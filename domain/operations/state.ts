/** An entry of the audit log. Bound: fixed size. */
import type { Happened } from '../decider.ts';
import type { OperationEvent } from './events.ts';

export type OperationState = { readonly status: 'none' } | ({ readonly status: 'recorded' } & OperationEvent['data']);

export const initialOperation: OperationState = { status: 'none' };

/** Folds one event into the entry. */
export function evolveOperation(_state: OperationState, event: Happened<OperationEvent>): OperationState {
  return { status: 'recorded', ...event.data };
}
