/** `souk projections status`: how the read models are, also when the process that keeps them is dead. */
import type { Command } from 'commander';
import { createProjections } from '../../../composition/projections.ts';
import { openReadModels } from '../../../composition/read-models.ts';
import type { LogIdentity, Position } from '../../../event-store/port.ts';
import { formatToken } from '../../../event-store/token.ts';
import { pause } from '../../../platform/process/pause.ts';
import type { ProjectionStatus } from '../../../projections/runtime/status.ts';
import { printLine, printRows, remark, type TableRow, tableOf } from '../../output.ts';
import { withEngines } from '../../with-engines.ts';

const COLUMNS = [
  'name',
  'version',
  'generation',
  'role',
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

export function statusVerb(projections: Command): void {
  projections
    .command('status')
    .description('position, lag and rate of every lane')
    .option('--watch', 'again every second, until Ctrl-C')
    .option('--json', 'as JSON')
    .action((options: { watch?: boolean; json?: boolean }) => status(options));
}

async function status(options: { readonly watch?: boolean; readonly json?: boolean }): Promise<void> {
  await withEngines(async (engines, interrupted) => {
    const identity = await engines.store.identity();
    const runtime = createProjections(engines, await openReadModels(engines));
    try {
      do {
        const lanes = await runtime.status();
        const rows = lanes.map((lane) => rowOf(lane, identity));
        if (options.watch && !options.json) {
          // Clears the screen (ECMA-48 ED and CUP), so that the table stays where it is.
          await printLine(`\u001b[2J\u001b[H${tableOf(rows, COLUMNS)}`);
        } else await printRows(rows, COLUMNS, options.json === true);
        for (const { name, lane, error } of lanes) if (error) remark(`${name}/${lane}: ${error}`);
        if (options.watch) await pause(1_000, interrupted);
      } while (options.watch && !interrupted.aborted);
    } finally {
      await runtime.stop();
    }
  });
}

function rowOf({ error: _told, ...row }: ProjectionStatus, identity: LogIdentity): TableRow {
  const shown = (position: Position | null) => (position === null ? null : formatToken(identity, position));
  return {
    ...row,
    position: shown(row.position),
    head: shown(row.head),
    lagSeconds: Math.round(row.lagSeconds * 10) / 10,
    eventsPerSecond: Math.round(row.eventsPerSecond),
  };
}
