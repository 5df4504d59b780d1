/** An EventStoreDB with a log of its own for a suite: a real server where one can be had, else the double. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../platform/ids.ts';
import { freePort } from '../../platform/postgres/free-port.ts';
import { removeContainers, startContainer } from './docker.ts';
import { findEngine, findOwnEventStore } from './engines.ts';
import { type How, noteEngine } from './notes.ts';
import { runFolder } from './once-per-run.ts';

export type EventStoreServer = {
  readonly url: string;
  readonly how: How;
  /** Whether its log began empty and is nobody else's. */
  readonly own: boolean;
  /** What a suite that controls it may do to it; undefined where it does not. */
  readonly control: { kill(): Promise<void>; start(): Promise<void> } | undefined;
  close(): Promise<void>;
};

/**
 * Starts or finds one. SOUK_TEST_EVENTSTORE_COMMAND says how a real server is started in the foreground, `{port}` and
 * `{data}` (a folder) being put in: then every suite has one that it can kill. `own`: the server that EVENTSTORE_URL names
 * will not do, as its one log is everybody's.
 */
export async function openEventStoreServer({ own = false } = {}): Promise<EventStoreServer> {
  const command = process.env.SOUK_TEST_EVENTSTORE_COMMAND;
  if (command) {
    noteEngine({ engine: 'EventStoreDB', how: 'own server' });
    return startOwn(command);
  }
  const found = own ? await findOwnEventStore() : await findEngine('EventStoreDB');
  if (found.how === undefined) throw new Error(found.why);
  noteEngine({ engine: 'EventStoreDB', ...found });
  if (found.how === 'URL') {
    return { url: found.url ?? '', how: 'URL', own: false, control: undefined, close: async () => undefined };
  }
  if (found.how === 'container') {
    const { id, url } = await startContainer('EventStoreDB');
    return { url, how: 'container', own: true, control: undefined, close: () => removeContainers([id]) };
  }
  // Loaded only where it is wanted: it brings a gRPC server along.
  const { startEventStoreDbDouble } = await import('../../event-store/testing/eventstoredb/double.ts');
  const double = await startEventStoreDbDouble();
  const control = { kill: () => double.stop(), start: () => double.start() };
  return { url: double.url, how: 'double', own: true, control, close: () => double.close() };
}

async function startOwn(command: string): Promise<EventStoreServer> {
  const port = await freePort();
  const data = join(runFolder(), `eventstoredb-${newId()}`);
  await mkdir(data, { recursive: true });
  const words = command.split(' ').map((word) => word.replace('{port}', String(port)).replace('{data}', data));
  let server: ChildProcess | undefined;
  const kill = async () => {
    const running = server;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    server = spawn(words[0] ?? '', words.slice(1), { stdio: 'ignore' });
    await answers(`http://127.0.0.1:${port}/health/live`, server, command);
  };
  await start();
  const url = `esdb://127.0.0.1:${port}?tls=false`;
  return { url, how: 'own server', own: true, control: { kill, start }, close: kill };
}

async function answers(url: string, server: ChildProcess, command: string): Promise<void> {
  const ended = new AbortController();
  server.once('error', (error) => ended.abort(error));
  server.once('exit', (code) => ended.abort(new Error(`"${command}" ended with ${code} before it answered`)));
  while (!(await fetch(url).catch(() => undefined))?.ok) {
    ended.signal.throwIfAborted();
    await sleep(50);
  }
}
