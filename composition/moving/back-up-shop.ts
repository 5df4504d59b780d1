/** Backs up a shop while it goes on: its log up to a moment, and apart from it the keys to what is personal. */
import { createBackupFile } from '../../event-store/backup/backup-file.ts';
import type { Break } from '../../event-store/chain/chain-walk.ts';
import type { SignedHead } from '../../event-store/chain/signed-head.ts';
import { verifyChain } from '../../event-store/chain/verify-chain.ts';
import { formatToken } from '../../event-store/token.ts';
import { type ChainEngines, chainOf } from '../chain.ts';
import { writeKeys } from './keys-file.ts';

export type BackupOptions = {
  readonly to: string;
  /** Where the keys go; undefined: they are left out. */
  readonly keys: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number | undefined) => void;
};

export type Backup = { readonly head: SignedHead; readonly links: number };

/** The log is not what its chain says; a backup of it would pass for a good one. */
export class BrokenLog extends Error {
  constructor({ why, after, upTo }: Break) {
    super(
      `The log was not backed up, as it does not hold: ${why}. The first break lies after event ${after}, up to event ` +
        `${upTo}: see souk events verify.`,
    );
    this.name = 'BrokenLog';
  }
}

/**
 * Writes every event up to the end of the log as it is now, held against the chain on its way. The keys come after, as a key
 * is there before the first event that needs it. Nothing is left behind where it throws; undefined where it was aborted.
 */
export async function backUpShop(engines: ChainEngines, options: BackupOptions): Promise<Backup | undefined> {
  const { store, database } = engines;
  const { to, keys, signal, onProgress } = options;
  const chain = await chainOf(engines);
  const upTo = await store.head();
  const total = store.distance(null, upTo);
  const kept = await chain.kept?.read(chain.identity);
  const file = await createBackupFile(to, { ...chain.identity, events: total });
  try {
    const found = await verifyChain({
      ...chain,
      heads: kept ? [{ from: `the head in ${chain.kept?.path}`, head: kept }] : [],
      upTo,
      signal,
      async onPage(page, done) {
        await file.add(page);
        onProgress(done, total);
      },
    });
    if (!found) return undefined;
    const { broken, events, hash, last, links } = found;
    if (broken) throw new BrokenLog(broken);
    const head = chain.signer.sign({
      ...chain.identity,
      events,
      hash,
      head: last ? formatToken(chain.identity, last.position) : null,
    });
    if (keys !== undefined) await writeKeys(keys, database, head);
    await file.finish(head);
    return { head, links };
  } finally {
    await file.close();
  }
}
