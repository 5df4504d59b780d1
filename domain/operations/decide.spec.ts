/** An entry of the audit log is written once and never changes. */
import { describe, it } from '@jest/globals';
import { given } from '../testing/given.ts';
import { id, sealed } from '../testing/samples.ts';
import { operationDecider } from './decide.ts';
import type { OperationEvent } from './events.ts';

const rebuild = {
  operationId: id(1),
  action: 'projections.rebuild',
  subject: 'orders',
  detail: { sample: 10 },
  address: sealed<string>('192.0.2.1'),
};
const recorded: OperationEvent = { type: 'OperationRecorded', data: rebuild };

describe('an operation', () => {
  it('is recorded', () =>
    given(operationDecider)
      .when({ type: 'RecordOperation', ...rebuild })
      .gives(recorded));
  it('is recorded once, and the first account of it stays', () =>
    given(operationDecider, [recorded])
      .when({ type: 'RecordOperation', ...rebuild, subject: 'carts' })
      .changesNothing());
});
