/** `npm run bench -- replay`: a long history through `souk events export` and `souk replay`, and what they hold in memory. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { openEngines } from '../composition/engines.ts';
import { startChild } from '../composition/testing/start-child.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { loadConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { makeHistory } from './shop/history.ts';
import { rounded } from './shop/measure.ts';
import { numberOption } from './shop/options.ts';
import { startUsage } from './shop/usage.ts';

type Result = {
  readonly what: string;
  readonly events: number;
  /** As the command tells it, without its start. */
  readonly perSecond: number;
  /** The whole command. */
  readonly seconds: number;
  readonly peakRssMiB: number | null;
  /** Processor time of Postgres for each event, in microseconds. */
  readonly postgresUs: number | null;
};

/** `args`: `--events N` (1,000,000); the same is done with a tenth of it first, to compare the memory. */
export async function run(args: readonly string[]): Promise<void> {
  const events = numberOption(args, 'events', 1_000_000);
  const small = await measured(Math.round(events / 10));
  const large = await measured(events);
  const head = ['what', 'events', '/s', 'seconds in all', 'peak RSS MiB', 'Postgres µs'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const result of [...small, ...large]) table.push(Object.values(result).map((value) => value ?? ''));
  const growth = large.map(({ what, peakRssMiB }, at) => {
    const before = small[at]?.peakRssMiB;
    return [what, peakRssMiB && before ? rounded(peakRssMiB / before, 2) : null];
  });
  const more = { memoryGrowth: Object.fromEntries(growth) };
  process.stdout.write(`${table.toString()}\nmemory, ten times the events: ${JSON.stringify(more.memoryGrowth)}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'replay', results: [...small, ...large], ...more })}\n`);
}

async function measured(wanted: number): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'souk-bench-replay-'));
  const env = { SOUK_DATA_DIR: join(folder, 'shop') };
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  // Open all the while, as in a shop that runs: the commands join its engine.
  const engines = await openEngines({ config: loadConfig(env, 'all'), logger, name: 'bench' });
  try {
    const writer = createOrderedWriter(engines.database.url);
    const { events } = await makeHistory({ writer, keys: engines.keys, events: wanted });
    await writer.close();
    await engines.database.pool.query('vacuum analyze log.events');
    const usage = startUsage(engines.embedded?.location ?? '');
    const one = (what: string, ...args: string[]) => command(what, { args, env, events, usage });
    const to = (format: string) => ['--to', join(folder, format), '--format', format, '--json'];
    return [
      await one('export to NDJSON', 'events', 'export', ...to('ndjson')),
      await one('export to Parquet', 'events', 'export', ...to('parquet')),
      await one('replay', 'replay', 'docs/examples/revenue-per-day.ts', '--json'),
    ];
  } finally {
    await engines.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Command = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly events: number;
  readonly usage: ReturnType<typeof startUsage>;
};

async function command(what: string, { args, env, events, usage }: Command): Promise<Result> {
  const before = usage();
  const started = performance.now();
  const child = startChild(['cli/souk.mjs', ...args], env);
  const peak = watchMemory(child.process.pid ?? 0);
  const { code, stdout, stderr } = await child.ended;
  if (code !== 0) throw new Error(`${what} failed: ${stderr}`);
  const seconds = rounded((performance.now() - started) / 1_000, 1);
  const told = /, (\d+) a second/.exec(stderr)?.[1] ?? (JSON.parse(stdout) as { perSecond: number }).perSecond;
  const { postgresMs } = usage();
  const spent = postgresMs === null || before.postgresMs === null ? null : postgresMs - before.postgresMs;
  const postgresUs = spent === null ? null : rounded((spent * 1_000) / events, 1);
  return { what, events, perSecond: Number(told), seconds, peakRssMiB: peak(), postgresUs };
}

/** The most a process held, as its system tells it; null where it does not. */
function watchMemory(pid: number): () => number | null {
  let most: number | null = null;
  const look = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
    if (kib > 0) most = Math.round(kib / 1_024);
  };
  const timer = setInterval(() => void look(), 50);
  return () => {
    clearInterval(timer);
    return most;
  };
}
