/** A redis-server of its own for a test: the local binary on a free port, which can be stopped, killed and started anew. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { noteEngine } from '../../test/support/notes.ts';
import { freePort } from '../postgres/free-port.ts';

export type RedisServerOptions = {
  /** Where it keeps its file; a temporary folder, removed at the stop, unless said. */
  readonly dir?: string;
  /** A free one unless said. */
  readonly port?: number;
  /** Settings as on its command line, after ours: `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[];
};

export type RedisServer = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGTERM, and waits until it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
};

/** Why there is none to start; undefined where the binary is on this machine. */
export function noRedisServer(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'no redis-server is installed';
}

/** Starts one that saves nothing by itself; throws with what it said when it does not come up. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'souk-test-redis-')));
  const port = options.port ?? (await freePort());
  const ours = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--daemonize', 'no'];
  const child = spawn('redis-server', [...ours, ...(options.args ?? [])], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close').catch(() => undefined); // Told below, where its start is waited for.
  await untilItAnswers(child, port);
  noteEngine({ engine: 'Redis', how: 'own server' });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

async function untilItAnswers(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  let failed: string | undefined;
  child.once('error', (error) => {
    failed = error.message;
  });
  child.once('exit', () => {
    failed ??= said;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  }
  while (!(await answers(port))) {
    if (failed !== undefined) throw new Error(`redis-server did not start: ${failed}`);
    await delay(20);
  }
}

/** An answer, not only an open port: while it loads its file it refuses. One with a password wants that first. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('data', (chunk) => done(/^(\+PONG|-NOAUTH)/.test(String(chunk))));
    socket.once('error', () => done(false));
    socket.setTimeout(1_000, () => done(false));
  });
}
