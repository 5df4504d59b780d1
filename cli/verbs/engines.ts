/** `souk engines`: which engine serves each concern, and whether it answers. */
import type { Command } from 'commander';
import type { Engines } from '../../composition/engines.ts';
import { printRows, type TableRow } from '../output.ts';
import { withEngines } from '../with-engines.ts';

const COLUMNS = ['concern', 'engine', 'version', 'url', 'reachable', 'latencyMs'] as const;

export function enginesVerb(program: Command): void {
  program
    .command('engines')
    .description('the engine of each concern, and whether it answers')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withEngines(async (engines) => printRows(await enginesOf(engines), COLUMNS, options.json === true)),
    );
}

async function enginesOf({ database, store, embedded, config }: Engines): Promise<TableRow[]> {
  const postgres = embedded ? 'postgres (embedded)' : 'postgres';
  const ask = async () =>
    (await database.pool.query<{ v: string }>("select current_setting('server_version') as v")).rows[0]?.v;
  const [log, tables] = [await timed(async () => (await store.head()) ?? undefined), await timed(ask)];
  const url = withoutPassword(database.url);
  const onPostgres = (concern: string): TableRow => ({ concern, engine: postgres, ...tables, url });
  return [
    {
      concern: 'event log',
      engine: `${store.engine}${embedded ? ' (embedded)' : ''}`,
      ...log,
      version: tables.version,
      url,
    },
    onPostgres('read models'),
    onPostgres('carts'),
    onPostgres('search'),
    { ...onPostgres('payments'), engine: config.payments },
  ];
}

async function timed(ask: () => Promise<string | undefined>) {
  const started = performance.now();
  const version = (await ask()) ?? null;
  return { version, reachable: true, latencyMs: Math.round((performance.now() - started) * 10) / 10 };
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.toString();
}
