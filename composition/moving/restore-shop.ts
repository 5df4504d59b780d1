/** Restores a shop from a backup into an empty log: checked before anything is written, and again when all is. */
import { type CheckedBackup, checkBackup, eventsIn } from '../../event-store/backup/backup-file.ts';
import { type ChainPoint, createChain } from '../../event-store/chain/chain.ts';
import type { HeadSigner, SignedHead } from '../../event-store/chain/signed-head.ts';
import { CopyRefused } from '../../event-store/copy/copy-refused.ts';
import { portionsOf } from '../../event-store/copy/runs.ts';
import { writeSurely } from '../../event-store/copy/write-surely.ts';
import type { EventStore, LogIdentity, Position } from '../../event-store/port.ts';
import { scanTexts } from '../../event-store/scan.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { forgetPlaces } from './declare-restored.ts';
import { checkKeys, restoreKeys } from './keys-file.ts';
import type { OpenLog } from './open-log.ts';

export type RestorePhase = 'looking' | 'checking' | 'restoring' | 'verifying';

export type RestoreOptions = {
  readonly from: string;
  /** The file with the keys; undefined: they are not restored, or were not lost. */
  readonly keys: string | undefined;
  readonly log: Pick<OpenLog, 'store' | 'writer'>;
  /** The shop's database. */
  readonly database: Database;
  /** By the shop's master key; undefined: whoever signed the backup is taken for one of ours. */
  readonly signer: HeadSigner | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (phase: RestorePhase, done: number, total: number | undefined) => void;
};

export type Restored = {
  readonly events: number;
  /** Events this run wrote; the others were there. */
  readonly restored: number;
  readonly hash: string;
  /** Of the log as it is now, which is another one than that of the backup. */
  readonly identity: LogIdentity;
  readonly head: Position | null;
  /** Persons whose keys are there, and who are erased; undefined where no keys were given. */
  readonly keys: { readonly persons: number; readonly erased: number } | undefined;
};

/**
 * Throws `CopyRefused` and `DamagedFile`, before anything is written unless something else writes to the log meanwhile. Interrupted or killed
 * it goes on where it was: what stands in the log must be a beginning of the backup. Undefined where it was aborted.
 */
export async function restoreShop(options: RestoreOptions): Promise<Restored | undefined> {
  const { from, keys, log, database, signal, onProgress } = options;
  const keysHead = keys === undefined ? undefined : await checkKeys(keys);
  const there = await chainOfLog(options, 'looking');
  if (!there) return undefined;
  const backup = await checkBackup(from, {
    mark: there.events,
    signal,
    onProgress: (done, total) => onProgress('checking', done, total),
  });
  if (!backup) return undefined;
  refuseForeign(options, backup.head, keysHead);
  await refuseOtherLog(log.store, there, backup);
  const restored = await writeRest(options, there.events, backup.head.events);
  const found = await chainOfLog(options, 'verifying');
  if (!found || signal.aborted) return undefined;
  const { events, hash } = backup.head;
  if (found.events !== events || found.hash !== hash) {
    throw new CopyRefused(
      `The log holds ${found.events} events now, and they are not the ${events} of the backup: something else wrote to ` +
        'it. Stop that, and restore into an empty log.',
    );
  }
  await forgetPlaces(database);
  const counted = keys === undefined ? undefined : await restoreKeys(keys, database);
  return { events, restored, hash, identity: await log.store.identity(), head: await log.store.head(), keys: counted };
}

async function chainOfLog(
  { log: { store }, signal, onProgress }: RestoreOptions,
  phase: RestorePhase,
): Promise<ChainPoint | undefined> {
  const chain = createChain();
  const upTo = await store.head();
  const total = store.distance(null, upTo);
  if (upTo === null) return chain.point();
  for await (const page of scanTexts(store, { after: null, upTo, signal })) {
    for (const event of page) chain.add(event);
    onProgress(phase, chain.events(), total);
  }
  return signal.aborted ? undefined : chain.point();
}

function refuseForeign(
  { signer, from, keys }: RestoreOptions,
  head: SignedHead,
  keysHead: SignedHead | undefined,
): void {
  if (signer && !signer.isOurs(head)) {
    throw new CopyRefused(
      `${from} is signed with another master key than this shop has. Set SOUK_MASTER_KEY to the one of the shop that was ` +
        'backed up. Where that is lost, --any-signer restores it all the same: what is personal in it stays unreadable.',
    );
  }
  if (!keysHead) return;
  if (keysHead.logId !== head.logId) throw new CopyRefused(`${keys} holds the keys of another log than ${from}.`);
  if (keysHead.events >= head.events) return;
  throw new CopyRefused(
    `${keys} is older than ${from}: keys made since would be missing. Take the newest file of keys there is.`,
  );
}

async function refuseOtherLog(store: EventStore, there: ChainPoint, { head, atMark }: CheckedBackup): Promise<void> {
  const { logId } = await store.identity();
  if (logId === head.logId)
    throw new CopyRefused('This is the log that the backup was made of: it is there, not lost.');
  if (there.hash === atMark?.hash) return;
  const holds =
    there.events > head.events
      ? `it holds ${there.events} events, more than the ${head.events} of the backup, which may have been restored before`
      : `its ${there.events} events are not the beginning of the backup`;
  throw new CopyRefused(
    `The log is not empty: ${holds}. Nothing was written. Restore into an empty ` +
      'one: a new SOUK_DATA_DIR, a new database for DATABASE_URL, or a new EventStoreDB for EVENTSTORE_URL.',
  );
}

async function writeRest(
  { from, log, signal, onProgress }: RestoreOptions,
  after: number,
  total: number,
): Promise<number> {
  let written = 0;
  if (after === total) return written;
  for await (const events of eventsIn(from, after)) {
    for (const portion of portionsOf(events)) {
      if (signal.aborted) return written;
      await writeSurely(log.writer, portion, signal);
    }
    written += events.length;
    onProgress('restoring', after + written, total);
  }
  return written;
}
