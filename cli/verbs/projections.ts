/** `souk projections status`: how the read models are, also when the process that keeps them is dead. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { createProjections } from '../../composition/projections.ts';
import type { ProjectionStatus } from '../../projections/runtime/status.ts';
import { printRows, remark, type TableRow, tableOf } from '../output.ts';
import { withEngines } from '../with-engines.ts';

const COLUMNS = [
  'name',
  'version',
  'generation',
  'lane',
  'state',
  'position',
  'head',
  'lagSeconds',
  'lagEvents',
  'eventsPerSecond',
  'lastProgressAt',
  'parked',
  'owner',
] as const;

export function projectionsVerbs(program: Command): void {
  program
    .command('projections')
    .description('the read models')
    .command('status')
    .description('position, lag and rate of every lane')
    .option('--watch', 'again every second, until Ctrl-C')
    .option('--json', 'as JSON')
    .action((options: { watch?: boolean; json?: boolean }) => status(options));
}

async function status(options: { readonly watch?: boolean; readonly json?: boolean }): Promise<void> {
  await withEngines(async (engines, interrupted) => {
    const runtime = createProjections(engines);
    try {
      do {
        const rows = (await runtime.status()).map(rowOf);
        if (options.watch && !options.json) {
          // Clears the screen (ECMA-48 ED and CUP), so that the table stays where it is.
          process.stdout.write(`\u001b[2J\u001b[H${tableOf(rows, COLUMNS)}\n`);
        } else await printRows(rows, COLUMNS, options.json === true);
        for (const row of rows) if (row.error) remark(`${row.name}/${row.lane}: ${row.error}`);
        if (options.watch) await sleep(1_000, undefined, { signal: interrupted }).catch(() => undefined);
      } while (options.watch && !interrupted.aborted);
    } finally {
      await runtime.stop();
    }
  });
}

function rowOf(row: ProjectionStatus): TableRow {
  return { ...row, lagSeconds: Math.round(row.lagSeconds * 10) / 10, eventsPerSecond: Math.round(row.eventsPerSecond) };
}
