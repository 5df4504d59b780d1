/** `souk projections pause|resume|swap-back|drop-previous`: one wish a verb, carried out by whoever keeps the rows. */
import type { Command } from 'commander';
import type { ProjectionControl } from '../../../projections/runtime/control.ts';
import type { Generation } from '../../../projections/runtime/generations.ts';
import { printRows } from '../../output.ts';
import { asked } from './asked.ts';

type Options = { readonly json?: boolean };
type Wish = (control: ProjectionControl, name: string, by: string) => Promise<Generation | undefined>;

const WISHES: readonly { verb: string; description: string; wish: Wish }[] = [
  {
    verb: 'pause',
    description: 'leave its rows as they are until it is resumed; who waits for them waits in vain',
    wish: async (control, name, by) => void (await control.pause(name, by)),
  },
  {
    verb: 'resume',
    description: 'go on where it was paused',
    wish: async (control, name, by) => void (await control.resume(name, by)),
  },
  {
    verb: 'swap-back',
    description: 'read the generation from before the last rebuild again',
    wish: (control, name, by) => control.swapBack(name, by),
  },
  {
    verb: 'drop-previous',
    description: 'give up the generation from before the last rebuild, and its disk space',
    wish: (control, name, by) => control.dropPrevious(name, by),
  },
];

export function wishVerbs(projections: Command): void {
  for (const { verb, description, wish } of WISHES) {
    projections
      .command(verb)
      .argument('<names...>', 'as souk projections status names them')
      .description(description)
      .option('--json', 'as JSON')
      .action((names: string[], options: Options) => carryOut(verb, { names, wish, json: options.json === true }));
  }
}

async function carryOut(
  verb: string,
  { names, wish, json }: { readonly names: readonly string[]; readonly wish: Wish; readonly json: boolean },
): Promise<void> {
  const done = await asked(`projections.${verb}`, names, async ({ control, by, settled }) => {
    const generations: Generation[] = [];
    for (const name of names) {
      const generation = await wish(control, name, by);
      if (generation) generations.push(generation);
    }
    return settled(generations, verb === 'drop-previous' ? 'gone' : 'live');
  });
  if (!done) return;
  const rows = names.map((name) => ({
    name,
    done: verb,
    generation: done.find((each) => each.name === name)?.generation,
  }));
  await printRows(rows, ['name', 'done', 'generation'], json);
}
