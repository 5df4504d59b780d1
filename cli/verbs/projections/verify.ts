/** `souk projections verify`: are the rows what the log makes of them; where not, which, and from which events. */
import { type Command, Option } from 'commander';
import { recordOperation } from '../../../composition/audit.ts';
import type { Engines } from '../../../composition/engines.ts';
import type { LogIdentity, Position } from '../../../event-store/port.ts';
import { formatToken } from '../../../event-store/token.ts';
import { allProjections } from '../../../projections/all.ts';
import { PERSONAL_COLUMNS } from '../../../projections/personal.ts';
import type { ScratchContext } from '../../../projections/runtime/scratch.ts';
import type { Projection } from '../../../projections/runtime/types.ts';
import type { Difference } from '../../../projections/runtime/verify/differences.ts';
import { CannotVerify, type Verified, verifyProjection } from '../../../projections/runtime/verify/verify.ts';
import { CommandFailed, EXIT } from '../../exit.ts';
import { positiveNumber } from '../../options.ts';
import { printLine, printRows, remark, tableOf } from '../../output.ts';
import { startProgress } from '../../progress.ts';
import { cliActor, withEngines } from '../../with-engines.ts';
import { projectionsNamed } from './named.ts';
import { besideTheShop } from './scratch.ts';

type Options = {
  readonly all?: boolean;
  readonly sample?: number;
  readonly personal: Personal;
  readonly json?: boolean;
};

/** What is shown of columns that hold personal data: that they differ, or their values. */
type Personal = 'omit' | 'decrypt';

const COLUMNS = ['name', 'version', 'generation', 'rows', 'position', 'equal', 'differing', 'parked'] as const;

export function verifyVerb(projections: Command): void {
  projections
    .command('verify')
    .argument('[names...]', 'as souk projections status names them')
    .description('compare rows with what the log makes of them, while the shop goes on; exit 1 where they differ')
    .option('--all', 'every projection of the log')
    .option('--sample <n>', 'only so many rows of each, chosen at random', positiveNumber)
    .addOption(
      new Option('--personal <choice>', 'values of columns that hold personal data')
        .choices(['omit', 'decrypt'])
        .default('omit'),
    )
    .option('--json', 'as JSON')
    .action((names: string[], options: Options) => verify(projectionsNamed(names, options.all), options));
}

async function verify(projections: readonly Projection[], options: Options): Promise<void> {
  await withEngines(async (engines, interrupted) => {
    for (const { name } of projections)
      await recordOperation(engines, { action: 'projections.verify', subject: name }, { actor: cliActor(engines) });
    const results = await besideTheShop(engines, interrupted, (context) =>
      verifyAll(context, projections, { ...options, interrupted }),
    );
    if (!results || interrupted.aborted) return;
    await show(
      results.map((result) => withoutPersonal(result, options.personal)),
      {
        engines,
        json: options.json === true,
      },
    );
    const wrong = results.filter(({ equal }) => !equal).map(({ name }) => name);
    if (wrong.length > 0)
      throw new CommandFailed(
        EXIT.refused,
        `Not what the log makes of them: ${wrong.join(', ')}. souk projections rebuild makes them anew beside what is read.`,
      );
  });
}

async function verifyAll(
  context: ScratchContext,
  projections: readonly Projection[],
  { sample, interrupted }: Options & { readonly interrupted: AbortSignal },
): Promise<readonly Verified[]> {
  const results: Verified[] = [];
  for (const projection of projections) {
    const total = context.log.distance(null, await context.log.head());
    const progress = startProgress(`verifying ${projection.name}`, total);
    const onProgress = (at: Position) => progress.reach(context.log.distance(null, at) ?? 0);
    try {
      const verified = await verifyProjection(context, projection, { sample, signal: interrupted, onProgress });
      if (verified) results.push(verified);
    } catch (error) {
      if (error instanceof CannotVerify) throw new CommandFailed(EXIT.refused, error.message);
      throw error;
    } finally {
      progress.stop();
    }
  }
  return results;
}

/** Leaves the values of personal columns out. */
function withoutPersonal(verified: Verified, personal: Personal): Verified {
  const projection = allProjections.find(({ name }) => name === verified.name);
  const hidden = PERSONAL_COLUMNS[projection?.table ?? ''] ?? [];
  if (personal === 'decrypt' || hidden.length === 0) return verified;
  const differences = verified.differences.map((difference) => ({
    ...difference,
    columns: difference.columns.map(({ column, ...values }) =>
      hidden.includes(column) ? { column, live: LEFT_OUT, expected: LEFT_OUT } : { column, ...values },
    ),
  }));
  return { ...verified, differences };
}

/** As exports show a personal field that they leave out. */
const LEFT_OUT = { $personal: 'omitted' };

async function show(
  results: readonly Verified[],
  { engines, json }: { readonly engines: Engines; readonly json: boolean },
): Promise<void> {
  const identity = await engines.store.identity();
  const rows = results.map(({ differences: _, position, ...rest }) => ({
    ...rest,
    position: position === null ? null : formatToken(identity, position),
  }));
  if (json) {
    const shown = results.map(({ differences }, at) => ({
      ...rows[at],
      differences: differences.map((difference) => presented(difference, identity)),
    }));
    return printLine(JSON.stringify(shown));
  }
  await printRows(rows, COLUMNS, false);
  for (const { name, differences, differing } of results) {
    for (const difference of differences) await printDifference(name, difference, identity);
    if (differing > differences.length) remark(`… and ${differing - differences.length} more rows of ${name}`);
  }
}

const KINDS = {
  changed: 'is not what the log makes of it',
  missing: 'is missing',
  extra: 'should not be there',
} as const;

async function printDifference(name: string, difference: Difference, identity: LogIdentity): Promise<void> {
  const { key, kind, columns, events } = presented(difference, identity);
  await printLine(`\n${name} ${key} ${KINDS[kind]}`);
  const texts = columns.map(({ column, live, expected }) => ({
    column,
    live: JSON.stringify(live),
    expected: JSON.stringify(expected),
  }));
  if (texts.length > 0) await printLine(tableOf(texts, ['column', 'live', 'expected']));
  if (events.length > 0)
    await printLine(tableOf(events, ['position', 'recordedAt', 'type', 'stream', 'revision', 'actor']));
  else await printLine('no event speaks of it');
}

function presented({ events, ...difference }: Difference, identity: LogIdentity) {
  return {
    ...difference,
    events: events.map(({ position, metadata, type, stream, revision }) => ({
      position: formatToken(identity, position),
      recordedAt: metadata.recordedAt,
      type,
      stream,
      revision,
      actor: metadata.actor,
    })),
  };
}
