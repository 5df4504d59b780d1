/** The server process: started on a free port and waited for, found when it runs already, and ended. */
import { spawn } from 'node:child_process';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.ts';
import { isAlive, signalProcess, waitForExit, workingDirectoryOf } from '../process/alive.ts';
import { errorCode, errorMessage } from '../process/error-code.ts';
import { giveTo } from './embedded-account.ts';
import { program } from './embedded-binaries.ts';
import { ask, urlOf } from './embedded-client.ts';
import { readPassword, serverEnvironment } from './embedded-cluster.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import type { Place } from './embedded-place.ts';
import { serverArguments } from './embedded-settings.ts';
import { freePort, isFree } from './free-port.ts';
import { isServerOf, readPostmaster } from './postmaster-pid.ts';

export type Running = { readonly pid: number; readonly port: number };

/** A recovery of many gigabytes of log takes minutes; a server that says nothing for longer is given up. */
const START_LIMIT_MS = 300_000;

/** The server that runs on this place and answers; one that does not is ended, and stale files are removed. */
export async function findRunning(place: Place, logger: Logger): Promise<Running | undefined> {
  const found = await readPostmaster(place.data);
  if (!found) return undefined;
  if (!(await isServerOf(place.data, found.pid))) {
    await endOrphans(place, logger);
    // Postgres refuses to start while a process has that number: another one's by now, or the dead server's own, which
    // nobody buried. So the file goes, but only where orphans can be seen: it is what keeps a server from starting
    // beside them. We hold the lock of the folder: nobody else is starting a server there.
    if (process.platform === 'linux') await rm(join(place.data, 'postmaster.pid'), { force: true });
    return undefined;
  }
  if (found.status === 'stopping') logger.info('the embedded Postgres is stopping; waiting to start it again');
  else if (await answers(place, found.pid)) {
    const port = (await readPostmaster(place.data))?.port;
    if (port !== undefined) return { pid: found.pid, port };
  } else logger.warn({ pid: found.pid }, 'the embedded Postgres does not answer; ending it to start it again');
  await endServer(place);
  await endOrphans(place, logger);
  return undefined;
}

export type Starting = {
  /** Without it, the port used last, or any that is free. */
  readonly port?: number | undefined;
  /** Nobody needs its data after a power cut. */
  readonly throwaway?: boolean | undefined;
};

/** Starts the server. */
export async function startServer(place: Place, logger: Logger, starting: Starting): Promise<Running> {
  const { port, throwaway = false } = starting;
  const last = Number(await readFile(place.portFile, 'utf8').catch(() => ''));
  let candidate = port ?? (last > 0 && (await isFree(last)) ? last : await freePort());
  for (let attempt = 1; ; attempt++) {
    const outcome = await launch(place, logger, { port: candidate, throwaway });
    if (typeof outcome === 'number') {
      await writeFile(place.portFile, String(candidate));
      await giveTo(place.account, place.portFile);
      return { pid: outcome, port: candidate };
    }
    const taken = /could not bind|Address already in use/i.test(outcome);
    const orphans = /pre-existing shared memory block/i.test(outcome);
    if (attempt >= 10 || (taken && port !== undefined) || !(taken || orphans)) throw failure(place, outcome);
    if (orphans) {
      await endOrphans(place, logger);
      await delay(200 * attempt);
    } else candidate = await freePort();
  }
}

/** Ends the server: open transactions are rolled back and everything is written; the hard way when that takes too long. */
export async function endServer(place: Place): Promise<void> {
  const found = await readPostmaster(place.data);
  if (!found || !(await isServerOf(place.data, found.pid))) return;
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!(await send(place, found.pid, signal))) return;
    // A server that was stopped (SIGSTOP) does not take the signal in; it has to be woken.
    if (process.platform !== 'win32') signalProcess(found.pid, 'SIGCONT');
    if (await waitForExit(found.pid, patienceMs)) return;
  }
  throw new EmbeddedPostgresError(`The embedded Postgres (process ${found.pid}) cannot be ended; end it by hand.`);
}

async function send(place: Place, pid: number, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<boolean> {
  if (process.platform !== 'win32' || signal === 'SIGKILL') return signalProcess(pid, signal);
  // Windows has no signals; Postgres brings its own.
  const child = spawn(program(place.binaries, 'pg_ctl'), ['kill', signal.slice(3), String(pid)], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('close', resolve));
  return true;
}

async function answers(place: Place, pid: number): Promise<boolean> {
  const password = await readPassword(place);
  const until = performance.now() + START_LIMIT_MS;
  let silentSince = performance.now();
  while (await isServerOf(place.data, pid)) {
    const port = (await readPostmaster(place.data))?.port;
    if (port !== undefined) {
      try {
        const [row] = await ask<{ data_directory: string }>(urlOf(password, port, 'postgres'), 'show data_directory');
        return row?.data_directory === place.data;
      } catch (error) {
        const code = errorCode(error);
        if (code === '28P01') {
          throw new EmbeddedPostgresError(
            `The Postgres that runs on ${place.data} does not take the password in ${place.passwordFile}. ` +
              'Put the right one there, or set SOUK_DATA_DIR to another folder.',
          );
        }
        // 57P03: it starts or recovers. 53300: all its connections are in use. Both are answers.
        if (code === '57P03' || code === '53300') silentSince = performance.now();
      }
    }
    if (performance.now() > until || performance.now() - silentSince > 15_000) return false;
    await delay(30);
  }
  return false;
}

type Launching = { readonly port: number; readonly throwaway: boolean };

/** The pid of the server once it takes connections, or what it wrote before it ended. */
async function launch(place: Place, logger: Logger, { port, throwaway }: Launching): Promise<number | string> {
  await rotateLog(place.log);
  const log = await open(place.log, 'a', 0o600);
  const begin = (await log.stat()).size;
  await giveTo(place.account, place.log);
  const child = spawn(program(place.binaries, 'postgres'), serverArguments(place.data, port, throwaway), {
    stdio: ['ignore', log.fd, log.fd],
    env: serverEnvironment(),
    cwd: place.root,
    // Its own session: Ctrl-C in our terminal must not end it before requests have drained.
    detached: true,
    ...(place.account ? { uid: place.account.uid, gid: place.account.gid } : {}),
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(errorMessage(error)));
    child.once('exit', (code, signal) => resolve(`ended with ${code ?? signal}`));
  });
  let end: string | undefined;
  void ended.then((how) => {
    end = how;
  });
  child.unref();
  await log.close();
  const started = performance.now();
  for (let told = 0; end === undefined; ) {
    const now = await readPostmaster(place.data);
    if (now?.status === 'ready' && now.pid === child.pid) return now.pid;
    const seconds = (performance.now() - started) / 1_000;
    if (seconds * 1_000 > START_LIMIT_MS) break;
    if (seconds > told + 5) {
      told = seconds;
      logger.info({ seconds: Math.round(seconds) }, 'waiting for the embedded Postgres to start or to recover');
    }
    await delay(10);
  }
  return `${(await readFile(place.log, 'utf8')).slice(begin).trim()}\n(${end ?? 'not ready in time'})`;
}

/**
 * Ends backends that outlived their server after a kill -9: a new server refuses to start beside them. They notice by
 * themselves, but not while in the middle of a long computation. Where the system does not tell, they are waited for.
 */
async function endOrphans(place: Place, logger: Logger): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!(pid > 0) || (await workingDirectoryOf(pid)) !== place.data || !(await isAlive(pid))) continue;
    logger.warn({ pid }, 'ending a process left over by a Postgres that died');
    signalProcess(pid, 'SIGKILL');
    await waitForExit(pid, 5_000);
  }
}

function failure(place: Place, output: string): EmbeddedPostgresError {
  const last = output.split('\n').slice(-15).join('\n');
  return new EmbeddedPostgresError(
    `The embedded Postgres on ${place.data} did not start. Its log (${place.log}) ends with:\n${last}\n` +
      'Mend what it names; or set SOUK_DATA_DIR to another folder, or DATABASE_URL to a Postgres of your own.',
  );
}

async function rotateLog(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > 10_000_000) await rename(path, `${path}.1`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
