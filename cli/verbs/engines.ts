/** `souk engines`: which engine serves each concern, and whether it answers. */
import type { Command } from 'commander';
import { openLog, openRedis, openTypesense } from '../../composition/engines.ts';
import type { Config } from '../../platform/config/config.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { openDatabase } from '../../platform/postgres/database.ts';
import { startEmbeddedPostgres } from '../../platform/postgres/embedded.ts';
import { within } from '../../platform/process/within.ts';
import { EXIT, reasonOf } from '../exit.ts';
import { printRows, remark, type TableRow } from '../output.ts';
import { cliSettings, interruptible, reached } from '../with-engines.ts';

const COLUMNS = ['concern', 'engine', 'version', 'url', 'reachable', 'latencyMs'] as const;

export function enginesVerb(program: Command): void {
  program
    .command('engines')
    .description('the engine of each concern, and whether it answers')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => interruptible(() => showEngines(options.json === true)));
}

async function showEngines(json: boolean): Promise<void> {
  const { config, logger } = await reached(async () => cliSettings());
  const { concerns, engines } = enginesOf(config, logger);
  // Each on its own: one that is away says nothing of the others.
  const asked = new Map(await Promise.all(engines.map(async (engine) => [engine, await ask(engine)] as const)));
  const rows = concerns.map(({ concern, by, called }) => ({
    concern,
    engine: called ?? by.name,
    ...(asked.get(by) ?? unreachable(by)),
  }));
  await printRows(rows, COLUMNS, json);
  if (rows.every(({ reachable }) => reachable)) return;
  // What hangs still holds its socket, and would hold this process.
  process.exit(EXIT.unreachable);
}

type Engine = {
  readonly name: string;
  /** Every node, as the environment names it; null where that is known only when it was opened. */
  readonly url: string | null;
  readonly patienceMs: number;
  readonly open: () => Promise<Opened>;
};

type Opened = { readonly url?: string; version(): Promise<string>; close(): Promise<void> };

type Concern = {
  readonly concern: string;
  readonly by: Engine;
  /** Where what serves it has a name of its own and only lives in that engine. */
  readonly called?: string;
};

const PATIENCE_MS = 10_000;
/** The embedded one may have to be made first. */
const EMBEDDED_PATIENCE_MS = 120_000;

/** What the environment chose for each concern. */
function enginesOf(config: Config, logger: Logger) {
  const postgres = postgresOf(config, logger);
  const log = config.eventStoreUrl === undefined ? postgres : eventStoreDbOf(config.eventStoreUrl, config, logger);
  const redis = config.redisUrls === undefined ? postgres : redisOf(config.redisUrls, config, logger);
  const typesense = config.typesense === undefined ? postgres : typesenseOf(config.typesense.urls, config, logger);
  const concerns: readonly Concern[] = [
    { concern: 'event log', by: log },
    { concern: 'read models', by: postgres },
    { concern: 'carts', by: redis },
    { concern: 'search', by: typesense },
    { concern: 'payments', by: postgres, called: config.payments },
  ];
  return { concerns, engines: [...new Set(concerns.map(({ by }) => by))] };
}

function postgresOf({ databaseUrl, dataDir }: Config, logger: Logger): Engine {
  const embedded = databaseUrl === undefined;
  return {
    name: embedded ? 'postgres (embedded)' : 'postgres',
    url: databaseUrl ?? null,
    patienceMs: embedded ? EMBEDDED_PATIENCE_MS : PATIENCE_MS,
    async open() {
      const server = embedded ? await startEmbeddedPostgres({ dataDir, logger }) : undefined;
      const database = openDatabase(databaseUrl ?? server?.url ?? '', { applicationName: 'souk cli', max: 1 });
      return {
        url: database.url,
        async version() {
          const asked = database.pool.query<{ v: string }>("select current_setting('server_version') as v");
          return (await asked).rows[0]?.v ?? '';
        },
        async close() {
          await database.close();
          await server?.stop();
        },
      };
    },
  };
}

function eventStoreDbOf(url: string, config: Config, logger: Logger): Engine {
  // No other log is opened by this: the setting that names Postgres is not looked at.
  const open = () => openLog('', { config, logger });
  return { name: 'eventstoredb', url, patienceMs: PATIENCE_MS, open };
}

function redisOf(urls: readonly string[], config: Config, logger: Logger): Engine {
  return {
    name: 'redis',
    url: urls.join(','),
    patienceMs: PATIENCE_MS,
    async open() {
      const redis = await openRedis({ config, logger });
      if (!redis) throw new Error('no Redis is named');
      return {
        async version() {
          const info = (await redis.masters()[0]?.info('server')) ?? '';
          return /^redis_version:(\S+)/m.exec(info)?.[1] ?? '';
        },
        close: () => redis.close(),
      };
    },
  };
}

function typesenseOf(urls: readonly string[], config: Config, logger: Logger): Engine {
  return {
    name: 'typesense',
    url: urls.join(','),
    patienceMs: PATIENCE_MS,
    async open() {
      const typesense = await openTypesense({ config, logger });
      if (!typesense) throw new Error('no Typesense is named');
      return {
        version: async () => String((await typesense.search((client) => client.debug.retrieve())).version),
        close: async () => typesense.close(),
      };
    },
  };
}

type Asked = Pick<TableRow, 'version' | 'url' | 'reachable' | 'latencyMs'>;

async function ask(engine: Engine): Promise<Asked> {
  try {
    return await within(engine.patienceMs, answerOf(engine));
  } catch (error) {
    remark(`An engine cannot be reached: ${engine.name}: ${reasonOf(error)}`);
    return unreachable(engine);
  }
}

async function answerOf({ url, open }: Engine): Promise<Asked> {
  const opened = await open();
  try {
    // Asked once before: connecting is not what an answer takes.
    await opened.version();
    const started = performance.now();
    const version = await opened.version();
    const latencyMs = Math.round((performance.now() - started) * 10) / 10;
    return { version, url: withoutPasswords(opened.url ?? url), reachable: true, latencyMs };
  } finally {
    await opened.close();
  }
}

function unreachable({ url }: Engine): Asked {
  return { version: null, url: withoutPasswords(url), reachable: false, latencyMs: null };
}

/** Of several nodes as well, which is no URL that could be parsed as one. Passwords may also stand among the parameters. */
function withoutPasswords(urls: string | null): string | null {
  if (urls === null) return null;
  const accounts = urls.replace(/\/\/([^/?#]*?)(?::[^/?#]*)?@/g, '//$1@');
  return accounts.replace(/([?&]\w*password=)[^&,]*/gi, '$1');
}
