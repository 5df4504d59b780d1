/** The `souk` command as people run it: a process of its own. */
import { type Child, type Ended, startChild } from '../../composition/testing/start-child.ts';

type Env = Readonly<Record<string, string>>;

/** Starts it; `env` is all it knows of a shop. */
export function startSouk(args: readonly string[], env: Env): Child {
  return startChild(['cli/souk.mjs', ...args], env);
}

/** Runs it to its end. */
export function runSouk(args: readonly string[], env: Env): Promise<Ended> {
  return startSouk(args, env).ended;
}
