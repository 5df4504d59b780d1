/** The `souk` command for analysts and ops: verbs, and how they end. */
import { Command, CommanderError } from 'commander';
import { CommandFailed, EXIT, isLostEngine, reasonOf } from './exit.ts';
import { isClosedPipe, remark } from './output.ts';
import { backupVerb } from './verbs/backup.ts';
import { enginesVerb } from './verbs/engines.ts';
import { eventsVerbs } from './verbs/events.ts';
import { explainVerbs } from './verbs/explain.ts';
import { importVerbs } from './verbs/import-products.ts';
import { parkedVerbs } from './verbs/parked.ts';
import { projectionsVerbs } from './verbs/projections/projections.ts';
import { replayVerb } from './verbs/replay.ts';
import { restoreVerb } from './verbs/restore.ts';
import { sqlVerb } from './verbs/sql.ts';
import { stateVerb } from './verbs/state.ts';

/** Runs one verb; sets the process's exit code. */
export async function main(args: readonly string[]): Promise<void> {
  // Without a listener the first write that fails would end us at once, and leave open what the verb opened.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = codeOf(error);
  }
}

function program(): Command {
  const souk = new Command('souk')
    .description('Read, watch and feed the history of a Souk shop. It speaks to the shop the environment names.')
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  for (const add of [
    importVerbs,
    projectionsVerbs,
    parkedVerbs,
    eventsVerbs,
    stateVerb,
    explainVerbs,
    sqlVerb,
    enginesVerb,
    backupVerb,
    restoreVerb,
    replayVerb,
  ])
    add(souk);
  return souk;
}

function codeOf(error: unknown): number {
  // Commander has said what is wrong, or shown the help it was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  // `souk events read | head` is no failure of ours.
  if (isClosedPipe(error)) return EXIT.done;
  remark(reasonOf(error));
  if (error instanceof CommandFailed) return error.exitCode;
  return isLostEngine(error) ? EXIT.unreachable : EXIT.refused;
}
