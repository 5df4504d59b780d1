/** The read models that a verb was asked for, by their names. */
import { allProjections } from '../../../projections/all.ts';
import type { Projection } from '../../../projections/runtime/types.ts';
import { CommandFailed, EXIT } from '../../exit.ts';

/** Throws wrong usage for a name there is none of, and where neither names nor `--all` are given. */
export function projectionsNamed(names: readonly string[], all: boolean | undefined): readonly Projection[] {
  if (all) {
    if (names.length > 0) throw new CommandFailed(EXIT.usage, 'Take names or --all, not both.');
    return allProjections;
  }
  if (names.length === 0) throw new CommandFailed(EXIT.usage, `Name projections, or take --all. ${thoseThereAre()}`);
  return names.map((name) => {
    const found = allProjections.find((projection) => projection.name === name);
    if (!found) throw new CommandFailed(EXIT.usage, `There is no projection ${name} of the log. ${thoseThereAre()}`);
    return found;
  });
}

function thoseThereAre(): string {
  return `There are: ${allProjections.map(({ name }) => name).join(', ')}.`;
}
