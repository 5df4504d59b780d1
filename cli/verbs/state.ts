/** `souk state STREAM`: an aggregate's state, now or as it was, and what changed. */
import { type Command, InvalidArgumentError } from 'commander';
import { deciderOf } from '../../domain/deciders.ts';
import { type Moment, parseMoment } from '../../domain/history.ts';
import { categoryOf } from '../../domain/ids.ts';
import { formatToken } from '../../event-store/token.ts';
import { NoSuchMoment, type Source, streamDiff, streamThen } from '../../read-api/stream-history.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { instant, wholeNumber } from '../options.ts';
import { printLine } from '../output.ts';
import { withEngines } from '../with-engines.ts';

type Options = { readonly at?: string; readonly revision?: number; readonly diff?: Moment };

export function stateVerb(program: Command): void {
  program
    .command('state')
    .argument('<stream>', 'as order-0198…')
    .description('the state of a stream, as JSON; personal fields stay sealed')
    .option('--at <time>', 'as it was at a time (RFC 3339)', instant)
    .option('--revision <n>', 'as it was at a revision', wholeNumber)
    .option('--diff <time|revision>', 'and what changed between then and this other moment', moment)
    .option('--json', 'as JSON (it always is)')
    .action((stream: string, options: Options) => showState(stream, options));
}

async function showState(stream: string, { at, revision, diff }: Options): Promise<void> {
  if (at !== undefined && revision !== undefined)
    throw new CommandFailed(EXIT.usage, 'Take --at or --revision, not both.');
  const then: Moment = at !== undefined ? { at } : revision !== undefined ? { revision } : 'end';
  await withEngines(async ({ store }) => {
    const identity = await store.identity();
    const source: Source = { log: store, format: (position) => formatToken(identity, position) };
    const shown = await found(stream, async () => ({
      stream,
      ...(await streamThen(source, stream, then)),
      ...(diff === undefined ? {} : { diff: await streamDiff(source, stream, [diff, then]) }),
    }));
    if (shown.unreadable !== undefined) process.exitCode = EXIT.refused;
    await printLine(JSON.stringify(shown, null, 2));
  });
}

async function found<T>(stream: string, look: () => Promise<T>): Promise<T> {
  const hint = 'souk events stats tells what there is.';
  if (!deciderOf(categoryOf(stream)))
    throw new CommandFailed(EXIT.refused, `There is no stream ${stream}: no aggregate is called that. ${hint}`);
  try {
    return await look();
  } catch (error) {
    if (error instanceof NoSuchMoment) throw new CommandFailed(EXIT.refused, `${error.message} ${hint}`);
    throw error;
  }
}

function moment(value: string): Moment {
  const named = parseMoment(value);
  if (named === undefined)
    throw new InvalidArgumentError('It should be a time as 2026-11-22T12:00:00Z, or a revision from 0.');
  return named;
}
