/** The `souk` command within the test's own process: one of its own takes seconds to start, and few tests are about that. */
import { Writable } from 'node:stream';
import type { Ended } from '../../composition/testing/start-child.ts';
import { main } from '../main.ts';

type Env = Readonly<Record<string, string>>;

/** Environment, output and exit code are the process's: one run after the other. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs it to its end; `env` is all it knows of a shop. What is logged is not in `stderr`, it goes to the test's own.
 * What a verb does to its process (signals, closed pipes, leaving at once) wants `runSouk`.
 */
export function runVerb(args: readonly string[], env: Env): Promise<Ended> {
  const run = before.then(() => runAlone(args, env));
  before = run.catch(() => undefined);
  return run;
}

async function runAlone(args: readonly string[], env: Env): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const restore = [
    replace(
      'stdout',
      collecting((text) => (said.stdout += text)),
    ),
    replace(
      'stderr',
      collecting((text) => (said.stderr += text)),
    ),
    replace('env', { PATH: process.env.PATH, ...env }),
    replace('exitCode', undefined),
  ];
  try {
    await main(args);
    return { code: Number(process.exitCode ?? 0), signal: null, ...said };
  } finally {
    for (const back of restore) back();
  }
}

function replace(name: 'stdout' | 'stderr' | 'env' | 'exitCode', value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
  return () => own && Object.defineProperty(process, name, own);
}

function collecting(onText: (text: string) => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      onText(String(chunk));
      done();
    },
  });
}
