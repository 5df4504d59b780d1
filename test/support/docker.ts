/** Engines in containers, where a Docker engine answers. Nothing of it is loaded where none does. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { EngineName } from './notes.ts';
import { oncePerRun, runFolder } from './once-per-run.ts';

export type Container = { readonly id: string; readonly url: string };

/** In the run's folder: the ids of the containers it started. */
export const CONTAINERS = 'containers';

const ROOT = resolve(import.meta.dirname, '../..');
const ANSWER_MS = 1_000;
/** The first time an image is pulled. */
const START_MS = 300_000;

/** Why there are no containers; undefined where there are. Looked for once in a run. */
export async function noDocker(): Promise<string | undefined> {
  if (process.env.SOUK_TEST_CONTAINERS === 'off') return 'SOUK_TEST_CONTAINERS is off';
  const { answers } = await oncePerRun('docker', async () => ({ answers: await dockerAnswers() }));
  return answers ? undefined : 'no Docker engine answers';
}

/** Starts a container that the run's end removes; throws with what Docker said. */
export async function startContainer(engine: EngineName): Promise<Container> {
  return JSON.parse(await script('start', engine, runFolder())) as Container;
}

export async function removeContainers(ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await script('remove', ...ids);
}

/** What a run has started and nobody removed. */
export async function removeContainersOf(folder: string): Promise<void> {
  const file = join(folder, CONTAINERS);
  if (existsSync(file)) await removeContainers((await readFile(file, 'utf8')).trim().split('\n'));
}

/** A program of its own: a client of Docker is large, and no part of the world that a test sees. */
async function script(...args: readonly string[]): Promise<string> {
  const all = ['--import', './composition/typescript.mjs', 'test/support/container.script.ts', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, all, { cwd: ROOT, timeout: START_MS });
  return stdout;
}

function dockerAnswers(): Promise<boolean> {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (!URL.canParse(host)) return Promise.resolve(false);
  const { protocol, hostname, port, pathname } = new URL(host);
  const where = protocol === 'unix:' ? { socketPath: pathname } : { host: hostname, port: port || 2375 };
  return new Promise((done) => {
    const asked = request({ ...where, path: '/_ping', timeout: ANSWER_MS }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.once('error', () => done(false));
    asked.end();
  });
}
