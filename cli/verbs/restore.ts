/** `souk restore`: a backup into the empty log of the shop that the environment names. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import { openEngines } from '../../composition/engines.ts';
import { type OpenLog, openLogAt, openShopDatabase } from '../../composition/moving/open-log.ts';
import {
  type Restored,
  type RestoreOptions,
  type RestorePhase,
  restoreShop,
} from '../../composition/moving/restore-shop.ts';
import { createHeadSigner } from '../../event-store/chain/signed-head.ts';
import { formatToken } from '../../event-store/token.ts';
import type { Config } from '../../platform/config/config.ts';
import { findMasterKey } from '../../platform/config/master-key.ts';
import { KeysLost, WrongMasterKey } from '../../platform/keys/postgres-key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { printObject, remark } from '../output.ts';
import { withPhases } from '../progress.ts';
import { cliActor } from '../with-engines.ts';
import { type Opened, usedSettings, withOpened } from '../with-opened.ts';

type Options = { readonly from: string; readonly keys?: string; readonly anySigner?: boolean; readonly json?: boolean };

export function restoreVerb(program: Command): void {
  program
    .command('restore')
    .description('write a backup into the empty log of the shop that the environment names, which is not running')
    .requiredOption('--from <file>', 'the backup; killed or interrupted, the same command goes on')
    .option('--keys <file>', 'the newest file of keys there is of that shop, whatever the age of the backup')
    .option('--any-signer', 'whoever signed it: for where the master key is lost')
    .option('--json', 'as JSON')
    .action((options: Options) => restore(options));
}

async function restore(options: Options): Promise<void> {
  const { config, logger } = usedSettings();
  for (const path of [options.from, options.keys])
    if (path !== undefined && !existsSync(path)) throw new CommandFailed(EXIT.usage, `There is no file ${path}.`);
  const signer = options.anySigner ? undefined : createHeadSigner(await masterKeyFor(config));
  await withOpened(async (open, interrupted) => {
    const { log, database } = await openTarget(open, config, logger);
    const started = performance.now();
    const { from, keys } = options;
    const restored = await shown({ from, keys, log, database, signer, signal: interrupted });
    if (!restored) return remark('Interrupted: give the same command again, it goes on where it was.');
    await record({ config, logger }, options);
    await printObject(resultOf(restored, performance.now() - started), options.json === true);
  });
}

async function masterKeyFor(config: Config): Promise<Buffer> {
  const key = await findMasterKey(config);
  if (key) return key;
  throw new CommandFailed(
    EXIT.usage,
    `There is no master key: set SOUK_MASTER_KEY to the one of the shop that was backed up, or put its file master-key into ${config.dataDir}.`,
  );
}

type Target = { readonly log: OpenLog; readonly database: Database };

/** The log to restore into, and the database that the rest of the shop is in. */
async function openTarget(open: Opened, config: Config, logger: Logger): Promise<Target> {
  const { databaseUrl, dataDir, eventStoreUrl } = config;
  const place =
    databaseUrl === undefined
      ? ({ engine: 'embedded', dataDir } as const)
      : ({ engine: 'postgres', url: databaseUrl } as const);
  const at = eventStoreUrl === undefined ? place : ({ engine: 'eventstoredb', url: eventStoreUrl } as const);
  const log = await open(() => openLogAt(at, logger, 'to'));
  return { log, database: log.database ?? (await open(() => openShopDatabase(place, logger))).database };
}

const LABELS: Readonly<Record<RestorePhase, string>> = {
  looking: 'Looking  ',
  checking: 'Checking ',
  restoring: 'Restoring',
  verifying: 'Verifying',
};

function shown(options: Omit<RestoreOptions, 'onProgress'>): Promise<Restored | undefined> {
  return withPhases(LABELS, (onProgress) => restoreShop({ ...options, onProgress }));
}

/** In the log that was restored: in the one before it there was nothing to record it in. */
async function record(settings: { readonly config: Config; readonly logger: Logger }, { from, keys }: Options) {
  try {
    const engines = await openEngines({ ...settings, name: 'cli' });
    try {
      const detail = { from: basename(from), ...(keys === undefined ? {} : { keys: basename(keys) }) };
      await recordOperation(engines, { action: 'restore', subject: 'log', detail }, { actor: cliActor(engines) });
    } finally {
      await engines.close();
    }
  } catch (error) {
    if (!(error instanceof KeysLost) && !(error instanceof WrongMasterKey)) throw error;
    remark(
      'The log is restored, and the keys it was written with are not here: names, addresses, e-mails and logins cannot be ' +
        'read, and no process starts on it. Give the same command again with --keys FILE.',
    );
  }
}

function resultOf({ events, restored, hash, head, identity, keys }: Restored, ms: number) {
  const seconds = Math.round(ms / 100) / 10;
  const perSecond = Math.round(restored / Math.max(seconds, 0.1));
  const shownHead = head === null ? null : formatToken(identity, head);
  return { events, restored, head: shownHead, hash, ...identity, seconds, perSecond, keys: keys ?? null };
}
