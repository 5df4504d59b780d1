/** Suites that want a program this machine may not have. */
import { describe } from '@jest/globals';
import { noteSkipped } from './notes.ts';

/** Left out, and noted with the reason, where there is one. */
export function describeUnless(why: string | undefined, name: string, suite: () => void): void {
  if (why === undefined) describe(name, suite);
  else describe.skip(`${name} (${noteSkipped(name, why)})`, () => undefined);
}
