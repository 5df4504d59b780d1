/** A program of this checkout as a process of its own, and all it said. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Child = {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until stdout holds this; throws with all that was said when the program ends without it. */
  says(text: string): Promise<void>;
};

/** Node runs it with these arguments; `env` is all it knows of a shop. */
export function startChild(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  const { PATH = '', HOME = '' } = process.env;
  const options = {
    cwd: ROOT,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  const child = spawn(process.execPath, args, options);
  const said = { stdout: '', stderr: '' };
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => done({ code, signal, ...said }));
  });
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  const says = (text: string) =>
    new Promise<void>((done, failed) => {
      const look = () => said.stdout.includes(text) && done();
      look();
      child.stdout.on('data', look);
      ended.then((end) => failed(new Error(`it ended without "${text}": ${JSON.stringify(end)}`)), failed);
    });
  return { process: child, ended, says };
}
