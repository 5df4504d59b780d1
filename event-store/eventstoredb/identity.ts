/** Which log this is: a stream of our own, written once, and once more each time the log is restored from a backup. */
import { newId } from '../../platform/ids.ts';
import { type LogIdentity, WrongExpectedRevision } from '../port.ts';
import type { LogReader } from './reader.ts';
import { IDENTITY_STREAM } from './stored-events.ts';
import type { LogWriter } from './writer.ts';

/** The identity the log has, or gets now: of processes that open a new log together, one gives it. */
export async function ensureIdentity(reader: LogReader, writer: LogWriter): Promise<LogIdentity> {
  const found = await reader.identity();
  if (found) return found;
  await note(writer, { type: 'LogCreated', logId: newId(), revision: -1 });
  const made = await reader.identity();
  if (!made)
    throw new Error('the identity of the log was written, but cannot be read: check the rights of this account');
  return made;
}

/** To be called after a log was restored from a backup: positions and tokens from before are refused from then on. */
export async function raiseEpoch(reader: LogReader, writer: LogWriter): Promise<LogIdentity> {
  const { logId, epoch } = await ensureIdentity(reader, writer);
  await note(writer, { type: 'LogRestored', logId, revision: epoch - 1 });
  return { logId, epoch: epoch + 1 };
}

async function note(
  writer: LogWriter,
  { type, logId, revision }: { readonly type: string; readonly logId: string; readonly revision: number },
): Promise<void> {
  const dataText = JSON.stringify({ logId });
  try {
    await writer.append(IDENTITY_STREAM, [{ id: newId(), type, dataText, metadataText: '{}' }], revision);
  } catch (error) {
    // Another process was first.
    if (!(error instanceof WrongExpectedRevision)) throw error;
  }
}
