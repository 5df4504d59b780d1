/** The audit log for the command line: what it does is recorded first, as over HTTP. */
import { type Operation, recordOperation as record } from '../commands/operations/record-operation.ts';
import { createCommandRuntime } from '../commands/runtime/runtime.ts';
import { newId } from '../platform/ids.ts';
import type { Engines } from './engines.ts';

/**
 * Records what a verb is about to do; `actor` is `cliActor`'s. Throws where the log cannot take it (away, or sealed):
 * then it must not be done.
 */
export async function recordOperation(
  { store, keys, logger }: Pick<Engines, 'store' | 'keys' | 'logger'>,
  operation: Omit<Operation, 'address'>,
  { actor }: { readonly actor: string },
): Promise<void> {
  const runtime = createCommandRuntime({ store, keys, logger });
  const commandId = newId();
  const context = { commandId, issuedAt: new Date().toISOString(), actor, correlationId: commandId };
  try {
    await record({ runtime, keys }, operation, context);
  } finally {
    await runtime.close();
  }
}
