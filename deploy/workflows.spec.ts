/** The workflow of GitHub, held against the checkout: what it runs is there, and the images are those of docker-compose.yml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { FILLED, ROOT, readCompose } from './testing/compose-file.ts';

type Step = { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, string>> };
type Job = {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly services?: Readonly<Record<string, { readonly image: string; readonly ports: readonly string[] }>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
};

const workflow = parse(readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8'));
const jobs: Readonly<Record<string, Job>> = workflow.jobs;
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const steps = Object.values(jobs).flatMap((job) => job.steps);
const commands = steps.flatMap(({ run }) => run?.split('\n') ?? []);

describe('the workflow', () => {
  it('has an end for each job, one run for each branch, and actions by major version', () => {
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    expect(workflow.concurrency).toMatchObject({ 'cancel-in-progress': true });
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
    for (const { uses, with: given } of steps) if (uses?.includes('setup-node')) expect(given?.cache).toBe('npm');
  });

  it('runs only scripts that package.json has, and all that .ci/run runs', () => {
    const scripts = commands
      .flatMap((line) => /^npm (?:run )?(\S+)/.exec(line)?.[1] ?? [])
      .filter((name) => name !== 'ci');
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
    const local = readFileSync(join(ROOT, '.ci/run'), 'utf8');
    const wanted = [...local.matchAll(/\bnpm (?:ci|test|run \w+)/g)].map(([line]) => line);
    expect(wanted.filter((line) => !commands.includes(line))).toEqual([]);
    const programs = /for program in ([\w -]+);/.exec(local)?.[1]?.split(' ') ?? [];
    const installed = commands.find((line) => line.includes('apt-get install'));
    expect(programs.filter((program) => !installed?.includes(` ${program}`))).toEqual([]);
  });

  it('tries the oldest Node that package.json allows, and the one of the image', () => {
    const oldest = /\d+/.exec(manifest.engines.node)?.[0];
    const image = /FROM node:(\d+)/.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
    expect(jobs.test?.strategy?.matrix.node).toEqual([Number(oldest), Number(image)]);
  });

  it('tries each engine in the version of docker-compose.yml, by the variable that names it', () => {
    const compose = readCompose().services;
    const { services = {}, env = {} } = jobs.engines ?? { env: {} };
    expect(Object.keys(services).sort()).toEqual(['eventstore', 'postgres', 'redis', 'typesense']);
    for (const [name, { image }] of Object.entries(services))
      expect([name, image]).toEqual([name, compose[name]?.image]);
    const ports = [env.TEST_DATABASE_URL, env.EVENTSTORE_URL, env.REDIS_URL, env.TYPESENSE_URL].map(
      (url) => new URL(url ?? '').port,
    );
    const published = ['postgres', 'eventstore', 'redis', 'typesense'].map(
      (name) => services[name]?.ports[0]?.split(':')[0],
    );
    expect(ports).toEqual(published);
  });

  it('makes every secret that docker-compose.yml wants, and counts every process of the shop', () => {
    const made = commands.flatMap((line) => /for name in ([\w ]+);/.exec(line)?.[1]?.split(' ') ?? []);
    expect(made.sort()).toEqual(Object.keys(FILLED).sort());
    const roles = Object.values(readCompose().services).filter(({ build }) => build);
    const replicas = roles.reduce((sum, { deploy }) => sum + (deploy?.replicas ?? 1), 0);
    expect(commands.join('\n')).toContain(`= ${replicas}`);
  });
});
