/** The shop as a process that can be killed: Node with all it started, and the Postgres it runs on, at once and for good. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');

export type ShopProcess = {
  readonly url: string;
  /** Starts the shop and waits until it is ready; throws with the end of its log when it is not. */
  start(): Promise<void>;
  /** SIGKILL to Node, the postmaster and each of its children. */
  killEverything(): Promise<void>;
  /** SIGTERM, and waits for the end; its exit code. */
  stop(): Promise<number | null>;
};

type Options = {
  readonly dataDir: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
};

export function createShopProcess({ dataDir, port, env, logFile }: Options): ShopProcess {
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  return {
    url,
    async start() {
      child = spawn(process.execPath, ['--import', './composition/typescript.mjs', 'compose.ts'], {
        cwd: ROOT,
        env: { ...process.env, ...env, SOUK_DATA_DIR: dataDir, PORT: String(port), HOST: '127.0.0.1' },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const log = createWriteStream(logFile, { flags: 'a' });
      child.stdout?.pipe(log);
      child.stderr?.pipe(log);
      await ready(url, child, logFile);
    },
    async killEverything() {
      const postgres = postgresProcesses(dataDir);
      kill(child?.pid);
      for (const pid of postgres) kill(pid);
      while ([child?.pid, ...postgres].some(isAlive)) await sleep(20);
    },
    async stop() {
      const running = child;
      if (!running || running.exitCode !== null) return running?.exitCode ?? null;
      const ended = new Promise<number | null>((done) => running.once('exit', (code) => done(code)));
      running.kill('SIGTERM');
      return ended;
    },
  };
}

async function ready(url: string, child: ChildProcess, logFile: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n') : '';
  throw new Error(`the shop did not become ready at ${url}; its log ends with:\n${log}`);
}

/** The postmaster of the data folder and its children. */
function postgresProcesses(dataDir: string): number[] {
  const marker = join(dataDir, 'postgres.location');
  const place = existsSync(marker) ? readFileSync(marker, 'utf8').trim() : join(dataDir, 'postgres');
  const pidFile = join(place, 'cluster', 'data', 'postmaster.pid');
  if (!existsSync(pidFile)) return [];
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  return [postmaster, ...childrenOf(postmaster)].filter(isAlive);
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    // The name in parentheses may hold anything; what follows it is fixed.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined; // It ended between the listing and the look.
  }
}

function kill(pid: number | undefined): void {
  if (pid === undefined || !isAlive(pid)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}

/** Whether a process still runs: a zombie that waits to be reaped does not. */
function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return !['Z', 'X'].includes(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0] ?? 'X');
  } catch {
    return false; // No such process.
  }
}
