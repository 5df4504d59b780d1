/** What can be asked of an entry of the audit log: to be there. */
import type { OperationEvent } from './events.ts';

/** Writes the entry; one that is there stays as it is. */
export type OperationCommand = { readonly type: 'RecordOperation' } & OperationEvent['data'];
