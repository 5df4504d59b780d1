/** `souk sql "select …"`: DuckDB over the history and over the live read models. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import type { Engines } from '../../composition/engines.ts';
import { createProjections } from '../../composition/projections.ts';
import { openReadModels } from '../../composition/read-models.ts';
import { built } from '../built.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { openDuckDb } from '../history/duckdb.ts';
import { OtherExport } from '../history/export/manifest.ts';
import { exportHistory } from '../history/export-history.ts';
import { copyLive, type LiveTable, liveTables } from '../history/sql/live-tables.ts';
import { type History, openHistory } from '../history/sql/open-history.ts';
import { asFailure, type Format, printResult } from '../history/sql/print-result.ts';
import { readStatement, type Statement } from '../history/sql/statement.ts';
import { VIEWS } from '../history/sql/views.ts';
import { printRows, remark } from '../output.ts';
import { startProgress } from '../progress.ts';
import { cliActor, interruptible, withEngines } from '../with-engines.ts';

type Options = {
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly from?: string;
  readonly refresh: boolean;
  readonly personal: 'omit' | 'decrypt';
};

export function sqlVerb(program: Command): void {
  program
    .command('sql')
    .argument('[statement]', 'one statement that reads; without it: which tables and columns there are')
    .description('SQL (DuckDB) over the history and the live read models')
    .option('--csv', 'as CSV (RFC 4180)')
    .option('--json', 'as one JSON array')
    .option('--from <dir>', 'over an export made before, instead of the one that is kept up to date')
    .option('--no-refresh', 'over the kept export as it is')
    .addOption(
      new Option('--personal <how>', 'personal columns of live tables').choices(['omit', 'decrypt']).default('omit'),
    )
    .addHelpText('after', help())
    .action((statement: string | undefined, options: Options) =>
      statement === undefined ? list(options) : run(statement, options),
    );
}

function help(): string {
  const tables = [{ name: 'events', about: 'one row per event of the log' }, ...VIEWS];
  const live = liveTables({ personal: true }).map(({ name }) => `live.${name}`);
  return `
Tables and views, made of the events (souk sql alone lists their columns):
${tables.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}
Read models as they are now:
  ${live.join(', ')}
Amounts are in minor units, times in UTC. data and metadata of events are JSON:
(data->>'$.orderId'), in parentheses, as the arrow binds weaker than = does.

Examples:
  souk sql "select type, count(*) as events from events group by type order by events desc"
  souk sql --csv "select placedAt::date as day, currency, sum(total) as total from orders where status = 'confirmed' group by all order by all"
  souk sql "select o.number, o.captured, p.status from orders o join live.payments p using (orderId) where p.status = 'failed'"`;
}

async function list(options: Options): Promise<void> {
  const history = await openHistory();
  try {
    const rows: { table: string; column: string; type: string }[] = [];
    for (const table of ['events', ...VIEWS.map(({ name }) => name)]) {
      const described = await history.connection.runAndReadAll(`describe "${table}"`);
      for (const [column, type] of described.getRows())
        rows.push({ table, column: String(column), type: String(type) });
    }
    for (const { name, columns } of liveTables({ personal: options.personal === 'decrypt' }))
      rows.push(...columns.map((column) => ({ table: `live.${name}`, column: column.name, type: column.type })));
    await printRows(rows, ['table', 'column', 'type'], options.json === true);
  } finally {
    history.close();
  }
}

async function run(sql: string, options: Options): Promise<void> {
  if (options.csv && options.json) throw new CommandFailed(EXIT.usage, 'Take --csv or --json, not both.');
  const statement = await read(sql);
  const tables = namedTables(statement, options);
  // An export that lies somewhere else is no shop: it can be asked where none is.
  if (options.from !== undefined && tables.length === 0) {
    const dir = options.from;
    return interruptible((interrupted) => answer(dir, { statement, options, interrupted }));
  }
  await withEngines(async (engines, interrupted) => {
    await recordOperation(engines, operationOf(statement, options), { actor: cliActor(engines) });
    const dir = options.from ?? (await keptExport(engines, { refresh: options.refresh, interrupted }));
    if (interrupted.aborted) return;
    const copy = async ({ connection }: History) => {
      if (tables.length > 0) await keepRows(engines, interrupted);
      for (const table of tables) {
        await built(() => copyLive(engines.database.pool, connection, { table, signal: interrupted }));
      }
    };
    await answer(dir, { statement, options, interrupted, copy });
  });
}

/** Nobody else brings the rows up to date in an embedded engine that was started for this command alone. */
async function keepRows(engines: Engines, interrupted: AbortSignal): Promise<void> {
  if (!engines.embedded || engines.embedded.joined) return;
  const projections = createProjections(engines, await openReadModels(engines), { yields: true });
  try {
    await projections.start();
    await projections.reachHead(interrupted);
  } finally {
    await projections.stop();
  }
}

/** Before anything is opened: what is wrong is told at once. */
async function read(sql: string): Promise<Statement> {
  const duck = await openDuckDb({ files: [] });
  try {
    return await readStatement(duck.connection, sql);
  } finally {
    duck.close();
  }
}

function namedTables({ live }: Statement, { personal }: Options): readonly LiveTable[] {
  return liveTables({ personal: personal === 'decrypt' }).filter(({ name }) => live.has(name));
}

/** Without the texts that the statement compares with: names and addresses may be among them, and the log keeps all. */
function operationOf({ sql, live }: Statement, { personal }: Options) {
  const statement = sql.replace(/'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$/g, "'…'").slice(0, 2_000);
  return { action: 'sql', subject: 'history', detail: { statement, personal, live: [...live] } };
}

type Answering = {
  readonly statement: Statement;
  readonly options: Options;
  readonly interrupted: AbortSignal;
  /** Brings in the live tables that are named. */
  readonly copy?: (history: History) => Promise<void>;
};

async function answer(dir: string, { statement, options, interrupted, copy }: Answering): Promise<void> {
  const history = await openHistory(dir).catch((error) => {
    throw asFailure(error);
  });
  try {
    const chosen = Object.entries(history.manifest?.filters ?? {});
    if (chosen.length > 0)
      remark(`${dir} holds only some events (${chosen.map(([name, value]) => `${name} ${value}`).join(', ')}).`);
    await copy?.(history);
    if (interrupted.aborted) return;
    const format: Format = options.csv ? 'csv' : options.json ? 'json' : 'table';
    await printResult(history.connection, statement.sql, { format, interrupted });
  } finally {
    history.close();
  }
}

type Keeping = { readonly refresh: boolean; readonly interrupted: AbortSignal };

/** The export that is kept for this verb: brought up to the log's head, and made anew where it is of another log. */
async function keptExport(engines: Engines, { refresh, interrupted }: Keeping): Promise<string> {
  const dir = join(engines.config.dataDir, 'export');
  if (!refresh) return dir;
  try {
    await refreshExport(engines, dir, interrupted);
  } catch (error) {
    if (!(error instanceof OtherExport)) throw error;
    remark('The kept export is made anew: it is of another log, or of another version of Souk.');
    await rm(dir, { recursive: true, force: true });
    await refreshExport(engines, dir, interrupted);
  }
  return dir;
}

async function refreshExport(engines: Engines, dir: string, signal: AbortSignal): Promise<void> {
  let progress: ReturnType<typeof startProgress> | undefined;
  const onProgress = (done: number, total: number | undefined) => {
    progress ??= startProgress('reading the history', total);
    progress.reach(done);
  };
  await exportHistory(engines, { dir, format: 'parquet', personal: 'omit', signal, onProgress }).finally(() =>
    progress?.stop(),
  );
}
