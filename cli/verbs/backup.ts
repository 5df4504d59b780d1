/** `souk backup`: the log in one file, while the shop goes on, and the keys to what is personal in another. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import type { Engines } from '../../composition/engines.ts';
import { type Backup, backUpShop } from '../../composition/moving/back-up-shop.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { printObject, remark } from '../output.ts';
import { startProgress } from '../progress.ts';
import { cliActor, withEngines } from '../with-engines.ts';

type Options = { readonly to: string; readonly keys?: string | undefined; readonly json?: boolean };

export function backupVerb(program: Command): void {
  program
    .command('backup')
    .description('write the log to a file, while the shop goes on: every event up to now, verified by the hash chain')
    .requiredOption('--to <file>', 'a new file; keep its head elsewhere: it is what this command prints')
    .option(
      '--keys <file>',
      "the keys to what is personal in the log, in another new file; keep it apart from the log's",
    )
    .option('--json', 'as JSON')
    .action((options: Options) => backup(options));
}

async function backup({ to, keys, json }: Options): Promise<void> {
  for (const [option, path] of [
    ['--to', to],
    ['--keys', keys],
  ] as const)
    if (path !== undefined) refuseTaken(option, path);
  if (keys !== undefined && resolve(keys) === resolve(to))
    throw new CommandFailed(
      EXIT.usage,
      '--to and --keys should be two files: whoever has both can read what is personal.',
    );
  await withEngines(async (engines, interrupted) => {
    const detail = { to: resolve(to), ...(keys === undefined ? {} : { keys: resolve(keys) }) };
    await recordOperation(engines, { action: 'backup', subject: 'log', detail }, { actor: cliActor(engines) });
    const started = performance.now();
    const made = await shown(engines, { to, keys, interrupted });
    if (!made) return remark('Interrupted: there is no backup.');
    const seconds = (performance.now() - started) / 1_000;
    const { events } = made.head;
    await printObject(
      {
        ...made.head,
        links: made.links,
        bytes: (await stat(to)).size,
        seconds: Math.round(seconds * 10) / 10,
        perSecond: Math.round(events / seconds),
        keys: keys !== undefined,
      },
      json === true,
    );
    if (keys === undefined)
      remark('The keys were left out: without them nothing personal in it can be read. See --keys.');
  });
}

async function shown(
  engines: Engines,
  { to, keys, interrupted }: Pick<Options, 'to' | 'keys'> & { readonly interrupted: AbortSignal },
): Promise<Backup | undefined> {
  const bar = startProgress('Backing up', engines.store.distance(null, await engines.store.head()));
  const onProgress = (done: number) => bar.reach(done);
  return backUpShop(engines, { to, keys, signal: interrupted, onProgress }).finally(bar.stop);
}

function refuseTaken(option: string, path: string): void {
  if (existsSync(path)) throw new CommandFailed(EXIT.usage, `${option}: ${path} is there already. Name a new file.`);
  if (!existsSync(dirname(resolve(path))))
    throw new CommandFailed(EXIT.usage, `${option}: there is no folder for ${path}.`);
}
