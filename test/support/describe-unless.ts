/** Suites and cases that want something this machine, or this run, may not have. */
import { describe, it } from '@jest/globals';
import { noteSkipped } from './notes.ts';

/** Left out, and noted with the reason, where there is one. Its cases still count: jest fails a file that has none. */
export function describeUnless(why: string | undefined, name: string, suite: () => void): void {
  if (why !== undefined) noteSkipped(name, why);
  (why === undefined ? describe : describe.skip)(name, suite);
}

/** The same for one case. */
export function itUnless(why: string | undefined, name: string, run: () => Promise<void>): void {
  if (why !== undefined) noteSkipped(name, why);
  (why === undefined ? it : it.skip)(name, run);
}
