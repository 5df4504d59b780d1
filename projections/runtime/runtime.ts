/** Runs all projections of a process over one tail of the log, and lets readers wait for them. */
import { hostname } from 'node:os';
import type pg from 'pg';
import type { EventStore, Position } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, migrate, openDatabase } from '../../platform/postgres/database.ts';
import { pause } from '../../platform/process/pause.ts';
import { type Backoff, type Loop, supervise } from '../../platform/process/supervise.ts';
import { projectionMigrations } from '../migrations.ts';
import type { ViewKeeper } from '../views/redis-views.ts';
import type { BuildThreads } from './build/build.ts';
import type { FillOptions } from './build/fill.ts';
import { keepDerived, keepOutside } from './derive-loops.ts';
import { createKeeper, type Keeper } from './keep.ts';
import { earliest, LANES } from './lanes.ts';
import { codeOf, type LeaseRow, readKeepers, readLeases } from './leases.ts';
import { type Models, modelsOf } from './models.ts';
import { prepareTables } from './setup.ts';
import { createProgress, type Progress } from './signal.ts';
import { type ProjectionStatus, projectionStatus } from './status.ts';
import { answerRequests } from './verify/requests.ts';
import { createUnlessParked, createWaiter, type UnlessParked, type Waited, type WaitFor } from './wait.ts';

export type ProjectionRuntime = {
  /** Makes the tables, checks the checkpoints against the log (throws `CheckpointMismatch`), and starts to follow. */
  start(): Promise<void>;
  /** Finishes the batch in hand. */
  stop(): Promise<void>;
  /** From memory for what this process keeps; else from the table. */
  readonly waitFor: WaitFor;
  status(): Promise<readonly ProjectionStatus[]>;
  /** Whether readers are served fresh rows; otherwise why not, for readiness. */
  health(): { readonly ok: boolean; readonly problems: readonly string[] };
  /**
   * Returns when everything is at the head as it is now, or the signal aborts; engines that are away are not waited for.
   * Throws when what readers need does not follow.
   */
  reachHead(signal: AbortSignal): Promise<void>;
  /** Starts, brings everything to the head as it is now, and stops. */
  catchUp(): Promise<void>;
};

export type ProjectionRuntimeOptions = Models & {
  readonly log: EventStore;
  readonly database: Pick<Database, 'url'>;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly logger: Logger;
  /** So long after it was last heard of another process is given up, in milliseconds (5,000). */
  readonly leaseMs?: number;
  /** Views beside the rows, kept by whoever keeps those; without them readers do well, if slower. */
  readonly views?: ViewKeeper | undefined;
  /** After so many milliseconds what was sent to other engines before a take-over is sent once more (60,000). */
  readonly settledMs?: number;
  /** Leaves the rows to a process that is at work, as a command beside a running shop should (no). */
  readonly yields?: boolean;
  /** For what is far behind; without them it is done in this one. */
  readonly threads?: BuildThreads | undefined;
  /** Events that are read at once for that, and between two writes (1,000 and 20,000). */
  readonly sizes?: FillOptions['sizes'];
  /** Shown in status; host and process unless said. */
  readonly owner?: string;
};

/** Connections of one kind of work; more than the cores only wait for each other. */
const CONNECTIONS = 4;
const VERIFICATIONS = 'verifications';
/** Readers wait for these rows: back a second after the database is. */
const BACKOFF = { firstMs: 50, maxMs: 1_000 };
const LOOK_MS = 50;
/** Nobody waits for these: the rows answer meanwhile. */
const OUTSIDE_BACKOFF = { firstMs: 100, maxMs: 5_000 };

export function createProjectionRuntime(options: ProjectionRuntimeOptions): ProjectionRuntime {
  const parts = assemble(options);
  let stopped: Promise<void> | undefined;
  const runtime: ProjectionRuntime = {
    async start() {
      await migrate(parts.database, 'projections', projectionMigrations);
      await parts.prepare();
      startLoops(parts);
    },
    stop() {
      stopped ??= stopLoops(parts);
      return stopped;
    },
    waitFor: (position, names, timeoutMs) => waitHere(parts, names, { position, timeoutMs }),
    status: () => projectionStatus(parts.database.pool, options.log, options.views?.checkpoint),
    health() {
      const states = parts.loops.map((loop) => loop.state());
      // What stands beside the rows readers do without: no reason to send them to another process.
      const besides = [options.views?.name, VERIFICATIONS, ...outsideNames(options)];
      const failing = states.filter(({ name, status }) => status === 'restarting' && !besides.includes(name));
      const problem = parts.keeper.problem();
      const problems = [...(problem ? [problem] : []), ...failing.map((state) => `${state.name}: ${state.lastError}`)];
      return { ok: problems.length === 0, problems };
    },
    reachHead: (signal) => reachHead(parts, { signal, health: runtime.health }),
    async catchUp() {
      await runtime.start();
      try {
        await runtime.reachHead(parts.stopping.signal);
      } finally {
        await runtime.stop();
      }
    },
  };
  return runtime;
}

/** What a runtime is made of. */
type Parts = {
  readonly options: ProjectionRuntimeOptions;
  readonly owner: string;
  readonly database: Database;
  /** For what is built, which a swap must not hold up. */
  readonly beside: Database;
  readonly leases: Database;
  readonly progress: Progress;
  readonly keeper: Keeper;
  readonly prepare: () => Promise<void>;
  /** What is parked counts as reached. */
  readonly pollTable: WaitFor;
  readonly unlessParked: UnlessParked;
  readonly stopping: AbortController;
  readonly loops: Loop[];
};

function assemble(options: ProjectionRuntimeOptions): Parts {
  const { log, logger, leaseMs = 5_000, yields = false } = options;
  const database = openProjectionDatabase(options.database.url, logger);
  const beside = openProjectionDatabase(options.database.url, logger);
  const leases = openProjectionDatabase(options.database.url, logger);
  const { pool } = database;
  const owner = options.owner ?? `${hostname()}:${process.pid}`;
  const progress = createProgress();
  const prepare = () => prepareTables(pool, log, options);
  const pools = { pool, besidePool: beside.pool, leasePool: leases.pool };
  const keeper = createKeeper({ ...options, ...pools, owner, progress, leaseMs, yields, prepare });
  const waits = { pollTable: createWaiter(pool), unlessParked: createUnlessParked(pool, log) };
  const rest = { ...waits, stopping: new AbortController(), loops: [] };
  return { options, owner, database, beside, leases, progress, keeper, prepare, ...rest };
}

function startLoops(parts: Parts): void {
  const { options, owner, keeper, progress, beside } = parts;
  const { logger, derived, outside = [], views, settledMs } = options;
  const run = (name: string, work: (signal: AbortSignal) => Promise<void>, backoff: Backoff = BACKOFF) => {
    parts.loops.push(supervise({ name, run: work, logger, signal: parts.stopping.signal, backoff }));
  };
  run('projections', keeper.run);
  const versions = new Map(options.projections.map(({ name, version }) => [name, version]));
  const context = { pool: beside.pool, keeper, progress, owner, logger, versions };
  for (const model of derived) run(model.name, (signal) => keepDerived(context, model, signal));
  if (views) {
    const turn = { owner, mine: () => keeper.leases(views.name)[0]?.generation.generation };
    run(views.name, (signal) => views.run(turn, signal));
  }
  const fill = { ...options, pool: beside.pool, owner };
  run(VERIFICATIONS, (signal) => answerRequests(fill, signal));
  // Each in a loop of its own: where its engine is away it holds up nobody else.
  for (const model of outside) {
    run(model.name, (signal) => keepOutside({ ...context, settledMs }, model, signal), OUTSIDE_BACKOFF);
  }
}

async function stopLoops({ stopping, loops, database, beside, leases }: Parts): Promise<void> {
  stopping.abort();
  await Promise.all(loops.map((loop) => loop.done));
  await Promise.all([database.close(), beside.close(), leases.close()]);
}

/** From memory while this process keeps all that is asked for; otherwise from the table. */
async function waitHere(
  { options, database, keeper, progress, stopping, unlessParked }: Parts,
  asked: readonly string[],
  { position, timeoutMs }: { readonly position: Position; readonly timeoutMs: number },
): Promise<Waited> {
  const until = performance.now() + timeoutMs;
  // Nobody need wait for views: whoever reads one brings it on himself.
  const names = asked.filter((name) => name !== options.views?.name);
  while (!stopping.signal.aborted) {
    const mine = keeper.lanes().filter(({ generation: { name, state } }) => state === 'live' && names.includes(name));
    if (mine.length < names.length * LANES || names.some(keeper.isContested)) break;
    const reached = earliest(mine.map((lane) => lane.reached));
    if (reached !== null && reached >= position) {
      return mine.every(({ parked }) => parked?.size === 0) ? { ok: true } : unlessParked(position, names);
    }
    const left = until - performance.now();
    if (left <= 0) return { ok: false, reached };
    await progress.next(left, stopping.signal);
  }
  return createWaiter(database.pool, unlessParked)(position, names, Math.max(0, until - performance.now()));
}

async function reachHead(
  { options, keeper, database, pollTable, loops }: Parts,
  { signal, health }: { readonly signal: AbortSignal } & Pick<ProjectionRuntime, 'health'>,
): Promise<void> {
  const head = await options.log.head();
  const names = [...options.projections, ...options.derived].map((model) => model.name);
  if (head === null) return;
  while (!signal.aborted && !(await pollTable(head, names, 1_000)).ok) {
    const { ok, problems } = health();
    if (!ok) throw new Error(problems.join('; '));
  }
  await reachSwaps(options, database.pool, signal);
  const outside = outsideNames(options).filter((name) => keeper.leases(name).length > 0);
  const failed = () =>
    loops.some((loop) => outside.includes(loop.state().name) && loop.state().lastError !== undefined);
  // Where another process keeps it, this is left to that one too.
  while (!signal.aborted && outside.length > 0 && !failed()) {
    if ((await pollTable(head, outside, 1_000)).ok) return;
  }
}

/** Until no generation is built any more by this process or for it. */
async function reachSwaps(options: ProjectionRuntimeOptions, pool: pg.Pool, signal: AbortSignal): Promise<void> {
  const runs = modelsOf(options).map(codeOf);
  const isAwaited = (row: LeaseRow) =>
    row.state === 'building' && !row.paused && row.note === null && runs.includes(codeOf(row));
  while (!signal.aborted && (await readLeases(pool)).some(isAwaited)) {
    const keepers = await readKeepers(pool);
    // A process that is at work does it anyway, and it may take long.
    if (options.yields && keepers.some(({ yields }) => !yields)) return;
    await pause(LOOK_MS, signal);
  }
}

function outsideNames({ outside = [] }: ProjectionRuntimeOptions): readonly string[] {
  return outside.map((model) => model.name);
}

/**
 * Without waiting for the disk at each commit: rows and checkpoint are one transaction, so after a crash of the server
 * both are where they were a moment before, and the log, which always waits, gives the events again.
 */
function openProjectionDatabase(url: string, logger: Logger): Database {
  const withOptions = new URL(url);
  withOptions.searchParams.set('options', '-c synchronous_commit=off -c idle_in_transaction_session_timeout=4000');
  return openDatabase(withOptions.href, {
    applicationName: 'souk-projections',
    max: CONNECTIONS,
    onIdleError: (error) => logger.warn({ err: error }, 'a database connection of the projections was lost'),
  });
}
