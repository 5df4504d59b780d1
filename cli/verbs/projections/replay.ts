/** `souk projections replay NAME --as-of TIME --into SCHEMA`: a read model as it stood, for any SQL client. */
import type { Command } from 'commander';
import { recordOperation } from '../../../composition/audit.ts';
import { positionAsOf } from '../../../event-store/as-of.ts';
import type { Position } from '../../../event-store/port.ts';
import { formatToken } from '../../../event-store/token.ts';
import { ReplayRefused, replayInto } from '../../../projections/runtime/replay-into.ts';
import type { ScratchContext } from '../../../projections/runtime/scratch.ts';
import type { Projection } from '../../../projections/runtime/types.ts';
import { CommandFailed, EXIT } from '../../exit.ts';
import { instant } from '../../options.ts';
import { printObject } from '../../output.ts';
import { startProgress } from '../../progress.ts';
import { cliActor, withEngines } from '../../with-engines.ts';
import { projectionsNamed } from './named.ts';
import { besideTheShop } from './scratch.ts';

type Options = { readonly asOf: string; readonly into: string; readonly json?: boolean };

export function replayVerb(projections: Command): void {
  projections
    .command('replay')
    .argument('<name>', 'as souk projections status names it')
    .description('make a read model as it stood at a time, in a schema of its own in the database of the shop')
    .requiredOption('--as-of <time>', 'RFC 3339; the log up to the first event recorded after it', instant)
    .requiredOption('--into <schema>', 'made where it is missing')
    .option('--json', 'as JSON')
    .action((name: string, options: Options) => {
      const [projection] = projectionsNamed([name], false);
      return projection && replay(projection, options);
    });
}

async function replay(projection: Projection, { asOf, into, json }: Options): Promise<void> {
  const { name, table } = projection;
  await withEngines(async (engines, interrupted) => {
    const operation = { action: 'projections.replay', subject: name, detail: { asOf, into } };
    await recordOperation(engines, operation, { actor: cliActor(engines) });
    const done = await besideTheShop(engines, interrupted, (context) =>
      replayAsOf(context, projection, { asOf, into, interrupted }),
    );
    if (!done || done.rows === undefined) return;
    const position = done.upTo === null ? null : formatToken(await engines.store.identity(), done.upTo);
    await printObject({ name, table: `${into}.${table}`, asOf, position, rows: done.rows }, json === true);
  });
}

async function replayAsOf(
  context: ScratchContext,
  projection: Projection,
  { asOf, into, interrupted: signal }: Options & { readonly interrupted: AbortSignal },
): Promise<{ readonly upTo: Position | null; readonly rows: number | undefined }> {
  const { log } = context;
  // Read twice: to find the place, and to fill up to it.
  const total = log.distance(null, await log.head());
  const progress = startProgress(`making ${projection.name}`, total === undefined ? undefined : 2 * total);
  const done = (at: Position | null) => (at === null ? 0 : (log.distance(null, at) ?? 0));
  try {
    const upTo = await positionAsOf(log, asOf, { signal, onProgress: (at) => progress.reach(done(at)) });
    const onProgress = (at: Position) => progress.reach((total ?? 0) + done(at));
    const rows = await replayInto(context, projection, { schema: into, upTo, signal, onProgress });
    return { upTo, rows };
  } catch (error) {
    if (error instanceof ReplayRefused) throw new CommandFailed(EXIT.refused, error.message);
    throw error;
  } finally {
    progress.stop();
  }
}
