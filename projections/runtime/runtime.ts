/** Runs all projections of a process over one tail of the log, and lets readers wait for them. */
import { hostname } from 'node:os';
import { CheckpointMismatch, type EventStore } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, migrate, openDatabase } from '../../platform/postgres/database.ts';
import { type Loop, supervise } from '../../platform/process/supervise.ts';
import { projectionMigrations } from '../migrations.ts';
import { LaneLost, readCheckpoints } from './checkpoints.ts';
import { refreshModel } from './derive.ts';
import { followLog } from './follow.ts';
import { earliest, LANES, type Lane } from './lanes.ts';
import { type Models, prepareTables } from './setup.ts';
import { createProgress } from './signal.ts';
import { standBy, takeIn } from './stand-by.ts';
import { type ProjectionStatus, projectionStatus } from './status.ts';
import { createWaiter, type WaitFor } from './wait.ts';

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
  /** Starts, brings everything to the head as it is now, and stops. Throws when a lane stops at an event. */
  catchUp(): Promise<void>;
};

export type ProjectionRuntimeOptions = Models & {
  readonly log: EventStore;
  readonly database: Pick<Database, 'url'>;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly logger: Logger;
  /** How long another process's checkpoints may stand still before this one takes over, in milliseconds (3,000). */
  readonly takeOverMs?: number;
  /** Shown in status; host and process unless said. */
  readonly owner?: string;
};

/** Connections of the lanes together; more than the cores only wait for each other. */
const CONNECTIONS = 4;
/** Readers wait for these rows: back a second after the database is. */
const BACKOFF = { firstMs: 50, maxMs: 1_000 };
/** Derived models are refreshed at most this often. */
const REFRESH_MS = 50;

export function createProjectionRuntime(options: ProjectionRuntimeOptions): ProjectionRuntime {
  const { log, projections, derived, keys, logger, takeOverMs = 3_000 } = options;
  const owner = options.owner ?? `${hostname()}:${process.pid}`;
  const lanes = projections.flatMap((projection) => lanesOf(projection));
  const progress = createProgress();
  const problems = new Map<string, string>();
  const stopping = new AbortController();
  const database = openProjectionDatabase(options.database.url, logger);
  const pollTable = createWaiter(database.pool);
  const loops: Loop[] = [];
  let following = false;
  let stopped: Promise<void> | undefined;

  const onStopped = (lane: Lane, change: { event: { position: string; type: string; id: string } }, error: Error) => {
    const { name } = lane.projection;
    problems.set(`${name}/${lane.lane}`, `lane ${lane.lane} of projection ${name} stopped: ${error.message}`);
    const { position, type, id } = change.event;
    logger.error(
      { err: error, projection: name, lane: lane.lane, position, type, id },
      'a projection lane stopped at an event',
    );
  };

  async function follow(signal: AbortSignal): Promise<void> {
    takeIn(lanes, await readCheckpoints(database.pool));
    // A lane that stopped tries its event again whenever it is started: the code may have been mended since.
    for (const lane of lanes) lane.error = undefined;
    problems.clear();
    while (!signal.aborted) {
      try {
        following = true;
        await followLog({ pool: database.pool, log, keys, lanes, owner, progress, onStopped }, signal);
      } catch (error) {
        if (!(error instanceof LaneLost)) throw error;
        following = false;
        logger.info(error.message);
        await standBy({ reader: database.pool, log, lanes, progress, takeOverMs }, signal);
        if (!signal.aborted) logger.info('the checkpoints stand still: taking over');
      } finally {
        following = false;
      }
    }
  }

  async function derive(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const model of derived) await refreshModel(database.pool, model, owner);
      await progress.next(1_000, signal);
      await createProgress().next(REFRESH_MS, signal);
    }
  }

  const reachedHere = (names: readonly string[]) => {
    const mine = lanes.filter((lane) => names.includes(lane.projection.name));
    return mine.length === names.length * LANES ? earliest(mine.map((lane) => lane.reached)) : null;
  };

  const runtime: ProjectionRuntime = {
    async start() {
      await migrate(database, 'projections', projectionMigrations);
      await prepareTables(database.pool, log, { projections, derived, logger });
      const run = (name: string, work: (signal: AbortSignal) => Promise<void>) =>
        loops.push(supervise({ name, run: work, logger, signal: stopping.signal, backoff: BACKOFF }));
      run('projections', async (signal) => {
        try {
          await prepareTables(database.pool, log, { projections, derived, logger });
          await follow(signal);
        } catch (error) {
          if (!(error instanceof CheckpointMismatch)) throw error;
          // Going on would serve another log's rows; only a person can tell which of the two is wrong.
          problems.set('log', error.message);
          logger.fatal({ err: error }, 'projections stopped');
        }
      });
      if (derived.length > 0) run('derived models', derive);
    },
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        await Promise.all(loops.map((loop) => loop.done));
        await database.close();
      })();
      return stopped;
    },
    async waitFor(position, names, timeoutMs) {
      const until = performance.now() + timeoutMs;
      while (following) {
        const reached = reachedHere(names);
        if (reached !== null && reached >= position) return { ok: true };
        if (names.some((name) => derived.some((model) => model.name === name))) break;
        const left = until - performance.now();
        if (left <= 0) return { ok: false, reached };
        await progress.next(left);
      }
      return pollTable(position, names, Math.max(0, until - performance.now()));
    },
    status: () => projectionStatus(database.pool, log),
    health() {
      const failing = loops.map((loop) => loop.state()).filter((state) => state.status === 'restarting');
      const all = [...problems.values(), ...failing.map((state) => `${state.name}: ${state.lastError}`)];
      return { ok: all.length === 0, problems: all };
    },
    async catchUp() {
      await runtime.start();
      try {
        const head = await log.head();
        const names = [...projections, ...derived].map((model) => model.name);
        for (let done = head === null; !done; ) {
          if (problems.size > 0) throw new Error([...problems.values()].join('; '));
          if (head !== null) done = (await pollTable(head, names, 1_000)).ok;
        }
      } finally {
        await runtime.stop();
      }
    },
  };
  return runtime;
}

function lanesOf(projection: Models['projections'][number]): Lane[] {
  return Array.from({ length: LANES }, (_, lane) => ({
    projection,
    lane,
    stored: null,
    reached: null,
    error: undefined,
    eventsPerSecond: 0,
    movedAt: performance.now(),
  }));
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
