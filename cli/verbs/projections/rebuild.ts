/** `souk projections rebuild`: new rows beside those that are read, put in their place as soon as they are level. */
import type { Command } from 'commander';
import { CommandFailed, EXIT } from '../../exit.ts';
import { printRows } from '../../output.ts';
import { asked } from './asked.ts';

type Options = { readonly all?: boolean; readonly json?: boolean };

export function rebuildVerb(projections: Command): void {
  projections
    .command('rebuild')
    .argument('[names...]', 'as souk projections status names them')
    .description(
      'make rows anew from the log beside those that are read, and swap them in; nothing is sent twice by it',
    )
    .option('--all', 'every read model')
    .option('--json', 'as JSON')
    .action((names: string[], options: Options) => rebuild(names, options));
}

async function rebuild(names: readonly string[], { all, json }: Options): Promise<void> {
  if (all === true && names.length > 0) throw new CommandFailed(EXIT.usage, 'Take names or --all, not both.');
  if (!all && names.length === 0)
    throw new CommandFailed(EXIT.usage, 'Name read models as souk projections status does, or take --all.');
  const started = performance.now();
  const done = await asked('projections.rebuild', all ? ['all'] : names, async ({ control, by, settled }) =>
    settled(await control.rebuild(all ? 'all' : names, by), 'live'),
  );
  if (!done) return;
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const rows = done.map(({ name, version, generation }) => ({ name, version, generation, state: 'live', seconds }));
  await printRows(rows, ['name', 'version', 'generation', 'state', 'seconds'], json === true);
}
