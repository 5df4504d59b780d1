/** `npm run bench -- rebuild`: all Postgres projections built from a long log, from nothing to ready to be swapped in. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { createBuildThreads } from '../composition/build-threads.ts';
import { type Engines, openEngines } from '../composition/engines.ts';
import type { Position } from '../event-store/port.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { loadConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { type Database, migrate, openDatabase } from '../platform/postgres/database.ts';
import { allProjections } from '../projections/all.ts';
import { projectionMigrations } from '../projections/migrations.ts';
import { buildLanes } from '../projections/runtime/build/build.ts';
import type { FillContext } from '../projections/runtime/build/fill.ts';
import { followLog } from '../projections/runtime/follow.ts';
import { createGeneration, makeIndexes } from '../projections/runtime/generations.ts';
import { freshLanes, type Lane } from '../projections/runtime/lanes.ts';
import { modelOf } from '../projections/runtime/models.ts';
import { createProgress } from '../projections/runtime/signal.ts';
import { tableOf } from '../projections/runtime/table.ts';
import { inTransaction } from '../projections/runtime/transaction.ts';
import { makeHistory } from './shop/history.ts';
import { rounded } from './shop/measure.ts';
import { numberOption } from './shop/options.ts';
import { processorEach, startUsage } from './shop/usage.ts';

type Result = {
  readonly what: string;
  readonly perSecond: number;
  /** Processor time of each event, in microseconds. */
  readonly nodeUs: number;
  readonly postgresUs: number | null;
  /** The most this process ever held until then. */
  readonly peakRssMiB: number;
};

type Bench = {
  readonly engines: Engines;
  readonly database: Database;
  readonly head: Position;
  readonly events: number;
};

/**
 * Prints a table and one line of JSON; throws where the rows are not those of following the log. `args`: `--events N`
 * (200,000), `--threads N` (what a shop takes here). With SOUK_DATA_DIR on the log in it, which is made where it is empty.
 */
export async function run(args: readonly string[]): Promise<void> {
  const given = process.env.SOUK_DATA_DIR;
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'souk-bench-rebuild-')));
  // Started as root the engine runs as another account, which has to get in.
  if (given === undefined) await chmod(dataDir, 0o755);
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const config = loadConfig({ ...process.env, SOUK_DATA_DIR: dataDir }, 'all');
  const engines = await openEngines({ config, logger, name: 'bench' });
  const url = new URL(engines.database.url);
  url.searchParams.set('options', '-c synchronous_commit=off');
  const database = openDatabase(url.href, { applicationName: 'souk-projections', max: 4 });
  try {
    const head = await historyIn(engines, numberOption(args, 'events', 200_000));
    await migrate(database, 'projections', projectionMigrations);
    const bench = { engines, database, head, events: engines.store.distance(null, head) ?? 0 };
    const threads = numberOption(args, 'threads', createBuildThreads(engines).count);
    const built = await freshGenerations(bench);
    const results = [await measured(bench, `built on ${threads} thread(s)`, () => build(bench, built, threads))];
    const followed = await freshGenerations(bench);
    await indexAll(bench, followed);
    results.push(await measured(bench, 'by following the log', () => follow(bench, followed)));
    await assertSame(bench, built, followed);
    print(bench.events, results);
  } finally {
    await database.close();
    await engines.close();
    if (given === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

async function historyIn({ store, keys, database }: Engines, events: number): Promise<Position> {
  if ((await store.head()) === null) {
    const writer = createOrderedWriter(database.url);
    await makeHistory({ writer, keys, events });
    await writer.close();
  }
  const head = await store.head();
  if (head === null) throw new Error('the log is empty');
  return head;
}

async function freshGenerations({ engines, database }: Bench): Promise<Lane[]> {
  const identity = await engines.store.identity();
  const lanes: Lane[] = [];
  for (const projection of allProjections) {
    const generation = await inTransaction(database.pool, (client) =>
      createGeneration(client, modelOf(projection), { state: 'scratch', identity }),
    );
    lanes.push(...freshLanes(projection, generation));
  }
  return lanes;
}

function contextOf({ engines, database }: Bench): FillContext {
  const onParked: FillContext['onParked'] = (lane, { type, error }) => {
    throw new Error(`${lane.projection.name} cannot apply ${type}`, { cause: error });
  };
  return { pool: database.pool, log: engines.store, keys: engines.keys, owner: 'bench', onParked };
}

async function build(bench: Bench, lanes: readonly Lane[], threads: number): Promise<void> {
  const context = { ...contextOf(bench), threads: createBuildThreads(bench.engines, threads) };
  await buildLanes(context, lanes, { upTo: () => bench.head, signal: new AbortController().signal });
  await indexAll(bench, lanes);
}

async function indexAll({ database }: Bench, lanes: readonly Lane[]): Promise<void> {
  for (const { projection, generation } of lanes) {
    await inTransaction(database.pool, (client) => makeIndexes(client, generation, modelOf(projection)));
  }
}

async function follow(bench: Bench, lanes: readonly Lane[]): Promise<void> {
  const done = new AbortController();
  const progress = createProgress();
  const following = followLog({ ...contextOf(bench), lanes, progress }, done.signal);
  const isThere = () => lanes.every(({ stored }) => stored !== null && stored >= bench.head);
  while (!isThere()) await Promise.race([progress.next(1_000), following]);
  done.abort();
  await following;
}

async function measured({ engines, events }: Bench, what: string, work: () => Promise<void>): Promise<Result> {
  const usage = startUsage(engines.embedded?.location ?? '');
  const before = usage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { nodeMs, postgresMs } = processorEach(before, usage(), events / 1_000);
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
  return { what, perSecond: rounded(events / seconds, 0), nodeUs: nodeMs, postgresUs: postgresMs, peakRssMiB };
}

/** To the byte. */
async function assertSame({ database }: Bench, built: readonly Lane[], followed: readonly Lane[]): Promise<void> {
  const hashOf = async ({ projection, generation }: Lane) => {
    const { rows } = await database.pool.query<{ hash: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(md5(t::text), '' order by ${projection.keyColumn}), '')) as hash
       from ${tableOf(projection, generation.schema)} t`,
    );
    return `${projection.name} ${rows[0]?.hash}`;
  };
  for (const [at, lane] of built.entries()) {
    const [one, other] = [await hashOf(lane), await hashOf(followed[at] as Lane)];
    if (one !== other) throw new Error(`built: ${one}, followed: ${other}`);
  }
}

function print(events: number, results: readonly Result[]): void {
  const head = ['what', 'events/s', 'Node µs', 'Postgres µs', 'peak RSS MiB', 'target'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [at, { what, perSecond, nodeUs, postgresUs, peakRssMiB }] of results.entries()) {
    table.push([what, perSecond, nodeUs, postgresUs ?? '', peakRssMiB, at === 0 ? '20,000 /s' : '']);
  }
  process.stdout.write(`${table.toString()}\n${events} events, all of the log, whether wanted or not\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'rebuild', events, results })}\n`);
}
