/** Runs all projections of a process over one tail of the log, and lets readers wait for them. */
import { hostname } from 'node:os';
import type { EventStore, Position } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, migrate, openDatabase } from '../../platform/postgres/database.ts';
import { pause } from '../../platform/process/pause.ts';
import { type Backoff, type Loop, supervise } from '../../platform/process/supervise.ts';
import { projectionMigrations } from '../migrations.ts';
import type { ViewKeeper } from '../views/redis-views.ts';
import { refreshModel } from './derive.ts';
import { createKeeper, type Keeper } from './keep.ts';
import { earliest, freshLanes, LANES, type Lane } from './lanes.ts';
import type { Models } from './models.ts';
import { createOutsideKeeper, SETTLED_MS } from './outside.ts';
import { prepareTables } from './setup.ts';
import { createProgress, type Progress } from './signal.ts';
import { type ProjectionStatus, projectionStatus } from './status.ts';
import type { OutsideModel } from './types.ts';
import { createWaiter, type Waited, type WaitFor } from './wait.ts';

export type ProjectionRuntime = {
  /** Makes the tables, checks the checkpoints against the log (throws `CheckpointMismatch`), and starts to follow. */
  start(): Promise<void>;
  /** Finishes the batch in hand. */
  stop(): Promise<void>;
  /** In this process from memory; while standing by from the table. */
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
  /** How long another process's checkpoints may stand still before this one takes over, in milliseconds (3,000). */
  readonly takeOverMs?: number;
  /** Views beside the rows, kept by whoever keeps those; without them readers do well, if slower. */
  readonly views?: ViewKeeper | undefined;
  /** After so many milliseconds what was sent to other engines before a take-over is sent once more (60,000). */
  readonly settledMs?: number;
  /** Leaves the rows to a process that is at work, as a command beside a running shop should (no). */
  readonly yields?: boolean;
  /** Shown in status; host and process unless said. */
  readonly owner?: string;
};

/** Connections of the lanes together; more than the cores only wait for each other. */
const CONNECTIONS = 4;
/** Readers wait for these rows: back a second after the database is. */
const BACKOFF = { firstMs: 50, maxMs: 1_000 };
/** Nobody waits for these: the rows answer meanwhile. */
const OUTSIDE_BACKOFF = { firstMs: 100, maxMs: 5_000 };
/** Derived models are refreshed at most this often. */
const REFRESH_MS = 25;

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
      const besides = [options.views?.name, ...outsideNames(options)];
      const failing = states.filter(({ name, status }) => status === 'restarting' && !besides.includes(name));
      const problems = [...parts.keeper.problems(), ...failing.map((state) => `${state.name}: ${state.lastError}`)];
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
  /** Of the live generations; known as soon as the tables were prepared. */
  readonly lanes: Lane[];
  readonly progress: Progress;
  readonly keeper: Keeper;
  readonly prepare: () => Promise<void>;
  readonly pollTable: WaitFor;
  readonly stopping: AbortController;
  readonly loops: Loop[];
};

function assemble(options: ProjectionRuntimeOptions): Parts {
  const { log, keys, logger, projections, derived, outside = [], takeOverMs = 3_000, yields = false } = options;
  const database = openProjectionDatabase(options.database.url, logger);
  const { pool } = database;
  const owner = options.owner ?? `${hostname()}:${process.pid}`;
  const lanes: Lane[] = [];
  const progress = createProgress();
  const prepare = async () => {
    const generations = await prepareTables(pool, log, { projections, derived, outside, logger });
    const live = generations.filter(({ state }) => state === 'live');
    const found = projections.flatMap((projection) => {
      const generation = live.find(({ name }) => name === projection.name);
      return generation ? freshLanes(projection, generation) : [];
    });
    lanes.splice(0, lanes.length, ...found);
  };
  const shared = { pool, log, keys, logger, lanes, derived: derived.map((model) => model.name), owner, progress };
  const keeper = createKeeper({ ...shared, takeOverMs, yields, prepare });
  const rest = { pollTable: createWaiter(pool), stopping: new AbortController(), loops: [] };
  return { options, owner, database, lanes, progress, keeper, prepare, ...rest };
}

function startLoops(parts: Parts): void {
  const { logger, derived, outside = [], views } = parts.options;
  const run = (name: string, work: (signal: AbortSignal) => Promise<void>, backoff: Backoff = BACKOFF) => {
    parts.loops.push(supervise({ name, run: work, logger, signal: parts.stopping.signal, backoff }));
  };
  run('projections', parts.keeper.run);
  if (derived.length > 0) run('derived models', (signal) => derive(parts, () => refreshAll(parts), signal));
  const turn = { owner: parts.owner, isMine: parts.keeper.isFollowing };
  if (views) run(views.name, (signal) => views.run(turn, signal));
  // Each in a loop of its own: where its engine is away it holds up nobody else.
  for (const model of outside) run(model.name, (signal) => deriveOutside(parts, model, signal), OUTSIDE_BACKOFF);
}

async function stopLoops({ stopping, loops, database }: Parts): Promise<void> {
  stopping.abort();
  await Promise.all(loops.map((loop) => loop.done));
  await database.close();
}

function deriveOutside(parts: Parts, model: OutsideModel, signal: AbortSignal): Promise<void> {
  const { options, owner, database, keeper } = parts;
  const outside = createOutsideKeeper(model, {
    pool: database.pool,
    owner,
    settledMs: options.settledMs ?? SETTLED_MS,
  });
  return derive(parts, () => outside.refresh(keeper.isFollowing()), signal);
}

async function refreshAll({ options, owner, database, keeper }: Parts): Promise<void> {
  // Who stands by leaves this to the owner too: it would only build everything a second time.
  const due = keeper.isFollowing() ? options.derived : [];
  for (const model of due) await refreshModel(database.pool, model, owner);
}

async function derive({ progress }: Parts, refresh: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const turn = progress.turns();
    await refresh();
    // What moved during the refresh is not waited for: readers would see it a second late.
    if (progress.turns() === turn) await progress.next(1_000, signal);
    await pause(REFRESH_MS, signal);
  }
}

/** From memory while this process follows the log, where that knows all that is asked for; otherwise from the table. */
async function waitHere(
  parts: Parts,
  asked: readonly string[],
  { position, timeoutMs }: { readonly position: Position; readonly timeoutMs: number },
): Promise<Waited> {
  const until = performance.now() + timeoutMs;
  // Nobody need wait for views: whoever reads one brings it on himself.
  const names = asked.filter((name) => name !== parts.options.views?.name);
  const mine = parts.lanes.filter((lane) => names.includes(lane.projection.name));
  const known = mine.length === names.length * LANES;
  while (known && parts.keeper.isFollowing() && !parts.stopping.signal.aborted) {
    const reached = earliest(mine.map((lane) => lane.reached));
    if (reached !== null && reached >= position) return { ok: true };
    const left = until - performance.now();
    if (left <= 0) return { ok: false, reached };
    await parts.progress.next(left, parts.stopping.signal);
  }
  return parts.pollTable(position, names, Math.max(0, until - performance.now()));
}

async function reachHead(
  { options, keeper, pollTable, loops }: Parts,
  { signal, health }: { readonly signal: AbortSignal } & Pick<ProjectionRuntime, 'health'>,
): Promise<void> {
  const head = await options.log.head();
  const names = [...options.projections, ...options.derived].map((model) => model.name);
  if (head === null) return;
  while (!signal.aborted && !(await pollTable(head, names, 1_000)).ok) {
    const { ok, problems } = health();
    if (!ok) throw new Error(problems.join('; '));
  }
  const outside = outsideNames(options);
  const failed = () =>
    loops.some((loop) => outside.includes(loop.state().name) && loop.state().lastError !== undefined);
  // Who yields to a running shop leaves this to it too.
  while (!signal.aborted && outside.length > 0 && keeper.isFollowing() && !failed()) {
    if ((await pollTable(head, outside, 1_000)).ok) return;
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
  withOptions.searchParams.set('options', '-c synchronous_commit=off -c idle_in_transaction_session_timeout=10000');
  return openDatabase(withOptions.href, {
    applicationName: 'souk-projections',
    max: CONNECTIONS,
    onIdleError: (error) => logger.warn({ err: error }, 'a database connection of the projections was lost'),
  });
}
