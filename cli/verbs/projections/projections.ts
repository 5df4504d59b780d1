/** `souk projections …`: watched, built anew beside the live rows, verified, and made as they stood. */
import type { Command } from 'commander';
import { rebuildVerb } from './rebuild.ts';
import { replayVerb } from './replay.ts';
import { statusVerb } from './status.ts';
import { verifyVerb } from './verify.ts';
import { wishVerbs } from './wishes.ts';

export function projectionsVerbs(program: Command): void {
  const projections = program.command('projections').description('the read models');
  for (const add of [statusVerb, rebuildVerb, verifyVerb, wishVerbs, replayVerb]) add(projections);
}
