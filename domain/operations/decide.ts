/** An entry of the audit log is written once and never changes. */
import type { Decider, Decision } from '../decider.ts';
import type { OperationCommand } from './commands.ts';
import type { OperationEvent } from './events.ts';
import { evolveOperation, initialOperation, type OperationState } from './state.ts';

export const operationDecider: Decider<OperationState, OperationCommand, OperationEvent> = {
  category: 'operation',
  stateVersion: 1,
  initialState: initialOperation,
  evolve: evolveOperation,
  decide,
};

function decide({ type: _, ...data }: OperationCommand, state: OperationState): Decision<OperationEvent> {
  return state.status === 'recorded' ? [] : [{ type: 'OperationRecorded', data }];
}
