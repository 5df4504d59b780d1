/** `souk events copy|unseal|restored`: the log as a whole: moved to another engine, with its shop, or put back. */
import type { Command } from 'commander';
import { declareLogRestored } from '../../composition/moving/declare-restored.ts';
import { planMove, type ShopMove, WrongShop } from '../../composition/moving/move-shop.ts';
import {
  hasEmbedded,
  type LogUrl,
  type OpenLog,
  openLogAt,
  openShopDatabase,
  parseLogUrl,
} from '../../composition/moving/open-log.ts';
import { type CopyPhase, type CopyReport, copyLog } from '../../event-store/copy/copy-log.ts';
import type { Config } from '../../platform/config/config.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { printObject, remark } from '../output.ts';
import { withPhases } from '../progress.ts';
import { reached } from '../with-engines.ts';
import { type Opened, shopPlace, usedSettings, withOpened } from '../with-opened.ts';

type CopyOptions = {
  readonly from: string;
  readonly to: string;
  readonly eventsOnly?: boolean;
  readonly json?: boolean;
};

const URLS = 'esdb://…, postgres://… or embedded:DIR';

export function copyVerbs(events: Command): void {
  events
    .command('copy')
    .description('copy the log to another engine, and move the shop that the environment names to the copy')
    .requiredOption('--from <url>', `the log that is sealed and copied: ${URLS}`)
    .requiredOption('--to <url>', `an empty log, or one that an earlier copy was written to: ${URLS}`)
    .option('--events-only', 'the events alone: no checkpoints, keys or logins of a shop')
    .option('--json', 'as JSON')
    .action((options: CopyOptions) => copy(options));
  events
    .command('unseal')
    .description('allow writing again to a log that was sealed to be copied')
    .option('--log <url>', `the log: ${URLS}; without it, the shop's`)
    .action((options: { log?: string }) => unseal(options.log));
  events
    .command('restored')
    .description(
      "after the shop's log was restored from a backup, and before it is started: places from before are void",
    )
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => restored(options.json === true));
}

async function copy(options: CopyOptions): Promise<void> {
  const [from, to] = [existing('--from', options.from), logUrl('--to', options.to)];
  const { config, logger } = usedSettings();
  const started = performance.now();
  await withOpened(async (open, interrupted) => {
    const source = await open(() => openLogAt(from, logger, 'from'));
    const target = await open(() => openLogAt(to, logger, 'to'));
    const move = options.eventsOnly ? undefined : await moveOf(config, { source, target, open, logger });
    const report = await copyShown(source, target, { marks: move?.marks ?? [], interrupted });
    if (!report) return remark('Interrupted. The source may be sealed: give the same command again, or unseal it.');
    for (const difference of report.differences) remark(difference);
    if (report.equal) await move?.finish(report.places);
    else process.exitCode = EXIT.refused;
    await printObject(resultOf(report, performance.now() - started), options.json === true);
  });
}

async function moveOf(
  config: Config,
  {
    source,
    target,
    open,
    logger,
  }: { readonly source: OpenLog; readonly target: OpenLog; readonly open: Opened; readonly logger: Logger },
): Promise<ShopMove> {
  const place = shopPlace(config);
  if (!place) throw new WrongShop(noShopIn(config));
  const { database } = await open(() => openShopDatabase(place, logger));
  return planMove({
    shop: database,
    ownLog: config.eventStoreUrl === undefined,
    to: target.database,
    source: await source.store.identity(),
    target: await target.store.identity(),
  });
}

const noShopIn = ({ dataDir }: Config) => `There is no shop in ${dataDir}, and DATABASE_URL is not set.`;

const LABELS: Readonly<Record<CopyPhase, string>> = {
  checking: 'Checking ',
  copying: 'Copying  ',
  verifying: 'Verifying',
};

function copyShown(
  source: OpenLog,
  target: OpenLog,
  { marks, interrupted: signal }: Pick<ShopMove, 'marks'> & { readonly interrupted: AbortSignal },
): Promise<CopyReport | undefined> {
  const { store, writer } = target;
  return withPhases(LABELS, (onProgress) =>
    copyLog({ source: source.store, target: store, writer, marks, signal, onProgress }),
  );
}

function resultOf({ events, streams, copied, copySeconds, hash, equal, sealed }: CopyReport, ms: number) {
  const seconds = Math.round(ms / 100) / 10;
  const perSecond = copied === 0 ? 0 : Math.round(copied / copySeconds);
  return { events, streams, copied, seconds, perSecond, hash, equal, sealed };
}

async function unseal(log: string | undefined): Promise<void> {
  const { config, logger } = usedSettings();
  const at = log === undefined ? shopLog(config) : existing('--log', log);
  if (!at) throw new CommandFailed(EXIT.usage, `${noShopIn(config)} Name the log with --log URL.`);
  await withOpened(async (open) => {
    const { store } = await open(() => openLogAt(at, logger));
    await store.unseal();
    remark('The log takes events again. If it was copied, the two will differ from the next one on.');
  });
}

async function restored(json: boolean): Promise<void> {
  const { config, logger } = usedSettings();
  const place = shopPlace(config);
  if (!place) throw new CommandFailed(EXIT.usage, noShopIn(config));
  await withOpened(async (open) => {
    const { database } = await open(() => openShopDatabase(place, logger));
    const { eventStoreUrl } = config;
    const { logId, epoch } = await reached(() => declareLogRestored({ database, eventStoreUrl, logger }));
    await printObject({ logId, epoch }, json);
  });
}

function shopLog(config: Config): LogUrl | undefined {
  return config.eventStoreUrl === undefined ? shopPlace(config) : { engine: 'eventstoredb', url: config.eventStoreUrl };
}

function logUrl(option: string, text: string): LogUrl {
  const at = parseLogUrl(text);
  // The text is not repeated: it may hold a password.
  if (!at) throw new CommandFailed(EXIT.usage, `${option} should be ${URLS}.`);
  return at;
}

function existing(option: string, text: string): LogUrl {
  const at = logUrl(option, text);
  if (at.engine === 'embedded' && !hasEmbedded(at.dataDir))
    throw new CommandFailed(EXIT.usage, `${option}: there is no embedded Postgres in ${at.dataDir}.`);
  return at;
}
