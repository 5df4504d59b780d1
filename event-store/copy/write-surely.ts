/** Writes a portion into the log that is copied to, however often that takes. */
import { pause } from '../../platform/process/pause.ts';
import {
  AppendTooLarge,
  InvalidAppend,
  LogSealed,
  LogUnavailable,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../port.ts';
import { CopyRefused } from './copy-refused.ts';
import type { OrderedWriter, Run } from './ordered-writer.ts';

/** How long a target that is away is waited for, in milliseconds. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;

/** The same portion again until it is known to be written: what of it was written before is answered as a repeat. */
export async function writeSurely(writer: OrderedWriter, portion: readonly Run[], signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await writer.write(portion);
    } catch (error) {
      refuseForGood(error);
      const passing = error instanceof LogUnavailable || error instanceof OutcomeUnknown;
      if (!passing || signal.aborted || performance.now() >= giveUpAt) throw error;
      await pause(PAUSE_MS, signal);
    }
  }
}

/** Throws where the same portion would be refused again. */
function refuseForGood(error: unknown): void {
  if (error instanceof LogSealed) {
    throw new CopyRefused('The target is sealed. Unseal it first: souk events unseal --log URL.');
  }
  if (error instanceof WrongExpectedRevision) {
    throw new CopyRefused(
      `The target does not take what comes next: ${error.message}. Either something else writes to it (stop that, then ` +
        'give the same command again), or events of this stream were deleted from the source.',
    );
  }
  if (error instanceof InvalidAppend || error instanceof AppendTooLarge) {
    throw new CopyRefused(`The source holds what another program wrote and no log of a shop takes: ${error.message}.`);
  }
}
