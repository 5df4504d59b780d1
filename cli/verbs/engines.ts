/** `souk engines`: which engine serves each concern, and whether it answers. */
import type { Command } from 'commander';
import type { Engines } from '../../composition/engines.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { EXIT, reasonOf } from '../exit.ts';
import { printRows, remark, type TableRow } from '../output.ts';
import { EnginesUnreachable, withEngines } from '../with-engines.ts';

const COLUMNS = ['concern', 'engine', 'version', 'url', 'reachable', 'latencyMs'] as const;

export function enginesVerb(program: Command): void {
  program
    .command('engines')
    .description('the engine of each concern, and whether it answers')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => showEngines(options.json === true));
}

async function showEngines(json: boolean): Promise<void> {
  try {
    await withEngines(async (engines) => {
      const rows = await enginesOf(engines);
      await printRows(rows, COLUMNS, json);
      if (rows.some(({ reachable }) => !reachable)) process.exitCode = EXIT.unreachable;
    });
  } catch (error) {
    if (error instanceof EnginesUnreachable) await printRows(enginesAway(), COLUMNS, json);
    throw error;
  }
}

/** What the environment names, where it does not answer. */
function enginesAway(): TableRow[] {
  const { databaseUrl, payments } = loadConfig(process.env, 'cli');
  const embedded = databaseUrl === undefined;
  const url = embedded ? null : withoutPassword(databaseUrl);
  const away = { version: null, url, reachable: false, latencyMs: null };
  return CONCERNS.map((concern) => ({ concern, engine: engineOf(concern, { embedded, payments }), ...away }));
}

const CONCERNS = ['event log', 'read models', 'carts', 'search', 'payments'] as const;

/** One Postgres for everything: other engines come with their own rows. */
function engineOf(concern: (typeof CONCERNS)[number], how: { readonly embedded: boolean; readonly payments: string }) {
  if (concern === 'payments') return how.payments;
  return how.embedded ? 'postgres (embedded)' : 'postgres';
}

async function enginesOf({ database, store, embedded, config }: Engines): Promise<TableRow[]> {
  const versionOf = async () =>
    (await database.pool.query<{ v: string }>("select current_setting('server_version') as v")).rows[0]?.v ?? null;
  const tables = await timed(versionOf);
  const log = { ...(await timed(() => store.head())), version: tables.version };
  const url = withoutPassword(database.url);
  return CONCERNS.map((concern) => {
    const engine = engineOf(concern, { embedded: embedded !== undefined, payments: config.payments });
    return { concern, engine, url, ...(concern === 'event log' ? log : tables) };
  });
}

async function timed(ask: () => Promise<string | null>) {
  const started = performance.now();
  try {
    const version = await ask();
    return { version, reachable: true, latencyMs: Math.round((performance.now() - started) * 10) / 10 };
  } catch (error) {
    remark(reasonOf(error));
    return { version: null, reachable: false, latencyMs: null };
  }
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.toString();
}
