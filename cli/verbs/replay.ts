/** `souk replay FOLD.ts`: a question to the history that somebody wrote as a fold. */
import type { Command } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { type Choosing, choosing } from '../history/choice.ts';
import { loadFold } from '../history/load-fold.ts';
import { replayHistory } from '../history/replay-history.ts';
import { printLine, remark } from '../output.ts';
import { type Progress, speedOf, startProgress } from '../progress.ts';
import { cliActor, withEngines } from '../with-engines.ts';

type Options = Choosing & { readonly stream?: string; readonly json?: boolean };

export function replayVerb(program: Command): void {
  choosing(
    program
      .command('replay')
      .argument('<fold>', 'a module of yours, TypeScript or JavaScript, that exports initial, evolve and finish')
      .description('run a fold over the history, and print what it comes to as JSON'),
  )
    .option('--stream <name>', 'only this stream')
    .option('--json', 'on one line')
    .action((file: string, options: Options) => replay(file, options));
}

async function replay(file: string, { stream, json, ...chosen }: Options): Promise<void> {
  const fold = await loadFold(file);
  await withEngines(async (engines, interrupted) => {
    const detail = { ...chosen, ...(stream === undefined ? {} : { stream }) };
    await recordOperation(engines, { action: 'replay', subject: file, detail }, { actor: cliActor(engines) });
    let progress: Progress | undefined;
    const started = performance.now();
    const replayed = await replayHistory(engines.store, fold, {
      choosing: chosen,
      stream,
      signal: interrupted,
      onProgress(done, total) {
        progress ??= startProgress('replay', total);
        progress.reach(done);
      },
    }).finally(() => progress?.stop());
    if (!replayed) return remark('Interrupted: part of the history would pass for all of it, so nothing is printed.');
    const { seconds, perSecond } = speedOf(replayed.events, started);
    remark(`${replayed.events} events in ${seconds} s, ${perSecond} a second.`);
    await printLine(textOf(replayed.result, json ? undefined : 2));
  });
}

function textOf(result: unknown, indent: number | undefined): string {
  const plain = (_name: string, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value);
    return value instanceof Set ? [...value] : value;
  };
  try {
    return JSON.stringify(result ?? null, plain, indent);
  } catch (error) {
    throw new CommandFailed(EXIT.refused, `The result cannot be written as JSON: ${(error as Error).message}`);
  }
}
