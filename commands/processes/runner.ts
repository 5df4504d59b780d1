/** Runs what is due: picks up processes that have not moved for some seconds, and those whose time has come. */
import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, migrate } from '../../platform/postgres/database.ts';
import { errorMessage } from '../../platform/process/error-code.ts';
import { pause } from '../../platform/process/pause.ts';
import { type Loop, supervise } from '../../platform/process/supervise.ts';
import { within } from '../../platform/process/within.ts';
import {
  type Claimed,
  claim,
  type Finished,
  finish,
  type ProcessStatus,
  postpone,
  processStatus,
} from './due-table.ts';
import { feedProcesses } from './feed.ts';
import { processMigrations } from './migrations.ts';
import type { Process } from './process.ts';

export type RunnerOptions = {
  readonly processes: readonly Process[];
  readonly database: Database;
  readonly store: EventStore;
  readonly logger: Logger;
  /** How long whoever appended has for doing it inline (3,000 ms). */
  readonly delayMs?: number;
  /** Runs at the same time (8). */
  readonly concurrency?: number;
  /** How long a run may take before it counts as failed and is tried again (15,000 ms); two at once do no harm. */
  readonly leaseMs?: number;
  /** Pause between two looks at the table (500 ms). */
  readonly pollMs?: number;
  /** Shortest and longest pause after a failed run (500 ms, 60,000 ms). */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
};

export type ProcessRunner = {
  status(): Promise<readonly ProcessStatus[]>;
  /** The loops, for health and metrics. */
  readonly loops: readonly Loop[];
  /** Ends the loops after the runs in hand. */
  stop(): Promise<void>;
};

/** Makes the tables where they are missing and starts feeding and running. */
export async function createProcessRunner(options: RunnerOptions): Promise<ProcessRunner> {
  const { database, processes, store, logger } = options;
  await migrate(database, 'processes', processMigrations);
  const stopping = new AbortController();
  const { signal } = stopping;
  const delayMs = options.delayMs ?? 3_000;
  const feed = supervise({
    name: 'process-feed',
    run: (signal) => feedProcesses({ database, processes, store, logger, delayMs, signal }),
    logger,
    signal,
  });
  const run = supervise({ name: 'process-runner', run: (signal) => runDue(options, signal), logger, signal });
  return {
    status: () => processStatus(database),
    loops: [feed, run],
    async stop() {
      stopping.abort();
      await Promise.all([feed.done, run.done]);
    },
  };
}

const LEASE_MS = 15_000;
/** Rows taken in hand, and rows given back, by one statement. */
const CLAIMED_AT_ONCE = 100;
const FINISHED_AT_ONCE = 50;

/** Claims and runs until the signal aborts, then waits for the runs in hand. */
async function runDue(options: RunnerOptions, signal: AbortSignal): Promise<void> {
  const { concurrency = 8, leaseMs = LEASE_MS, pollMs = 500, database } = options;
  const processes = options.processes.map(({ name }) => name);
  const owner = randomUUID();
  const backlog: Claimed[] = [];
  const inHand = new Set<Promise<void>>();
  const finished: Finished[] = [];
  const giveBack = () => finish(database, finished.splice(0));
  const start = (row: Claimed) => {
    const running: Promise<void> = runOne(options, row, { finished, signal }).finally(() => inHand.delete(running));
    inHand.add(running);
  };
  try {
    while (!signal.aborted) {
      const limit = backlog.length === 0 ? CLAIMED_AT_ONCE : 0;
      if (limit > 0 || finished.length >= FINISHED_AT_ONCE) await giveBack();
      const claimed = limit > 0 ? await claim(database, { owner, leaseMs, processes, limit }) : [];
      backlog.push(...claimed);
      while (inHand.size < concurrency && backlog.length > 0) start(backlog.shift() as Claimed);
      // All hands full: go on as soon as one is free. Little to do: let it gather.
      if (backlog.length > 0) await Promise.race(inHand);
      else if (claimed.length < limit) await pause(pollMs, signal);
    }
  } finally {
    // Rows of the backlog that were never begun are claimed by others when the lease ends.
    await Promise.allSettled(inHand);
  }
  await giveBack();
}

type Running = { readonly finished: Finished[]; readonly signal: AbortSignal };

async function runOne(options: RunnerOptions, row: Claimed, { finished, signal }: Running): Promise<void> {
  const { database, logger, processes } = options;
  const { process: name, key, attempts } = row;
  const correlationId = newId();
  try {
    const process = processes.find((known) => known.name === name);
    if (!process) throw new Error(`no process is called ${name}`);
    // Left behind, a run that hangs does no harm; waited for, a few would keep all hands, and the stop, for ever.
    const { wakeAt } = await within(options.leaseMs ?? LEASE_MS, process.advance(key, { correlationId, signal }));
    finished.push({ row, wakeAt });
  } catch (error) {
    const { first, longest } = options.backoffMs ?? { first: 500, longest: 60_000 };
    const pauseMs = Math.min(first * 2 ** Math.min(attempts, 20), longest);
    const fields = { err: error, process: name, key, attempts: attempts + 1, pauseMs, correlationId };
    logger.error(fields, `${name} of ${key} failed; it is run again`);
    const message = errorMessage(error);
    // If this fails too, the lease runs out and the row is claimed again.
    await postpone(database, row, { error: message, pauseMs }).catch((err: unknown) =>
      logger.warn({ err, process: name, key }, 'the failure of a process could not be noted'),
    );
  }
}
