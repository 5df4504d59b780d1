/** Keeps this process's share of the read models: holds leases on checkpoints, and follows the log for the lanes among them. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { CheckpointMismatch, type EventStore } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { pause } from '../../platform/process/pause.ts';
import { together } from '../../platform/process/together.ts';
import type { ApplyContext } from './apply.ts';
import type { BuildThreads } from './build/build.ts';
import type { FillOptions } from './build/fill.ts';
import { LaneLost } from './checkpoints.ts';
import { createCoordinator } from './coordinate.ts';
import { createFollowers, type Followers, type Group } from './followers.ts';
import {
  emptied,
  emptyHand,
  findNear,
  groupsOf,
  type Hand,
  isInHand,
  letGo,
  letGoOfLane,
  letGoOfLost,
  takeInHand,
} from './hand.ts';
import type { Lane } from './lanes.ts';
import {
  claimLeases,
  codeOf,
  divideLeases,
  forgetKeeper,
  type KeeperRow,
  type Lease,
  type LeaseRow,
  placeOf,
  readKeepers,
  readLeases,
  releaseLeases,
  renewKeeper,
} from './leases.ts';
import { type Models, modelsOf } from './models.ts';
import { createProgress, type Progress } from './signal.ts';

export type KeeperOptions = Models & {
  /** For what is read. */
  readonly pool: pg.Pool;
  /** For what is built: a swap holds up what is read, and must not wait for its connections. */
  readonly besidePool: pg.Pool;
  /** For leases and swaps: whoever waits for a connection here may lose all that he has. */
  readonly leasePool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly logger: Logger;
  /** Shown in status. */
  readonly owner: string;
  readonly progress: Progress;
  /** So long after it was last heard of a process counts as dead, in milliseconds. */
  readonly leaseMs: number;
  /** Leaves the work to others that are there. */
  readonly yields: boolean;
  /** Fill what is far behind; without them it is done between everything else. */
  readonly threads?: BuildThreads | undefined;
  readonly sizes?: FillOptions['sizes'];
  /** Makes tables and checks checkpoints; run before each start. */
  readonly prepare: () => Promise<void>;
};

export type Keeper = {
  /** Lanes of projections that this process keeps now: `reached` of the live ones is what readers can rely on. */
  lanes(): readonly Lane[];
  /** What it keeps of a model that is not made of events. */
  leases(name: string): readonly Lease[];
  /** Whether only the table tells what is read of it: another version may take its place, or has while this one slept. */
  isContested(name: string): boolean;
  /** What needs a person: a log that is not ours. */
  problem(): string | undefined;
  run(signal: AbortSignal): Promise<void>;
};

/** Between two looks at who keeps what, in milliseconds: while others are there or something is built, and else. */
const LOOK_MS = { busy: 200, quiet: 500 };
const RENEWALS = 5;
const FAILED_MS = 5_000;

type State = {
  readonly options: KeeperOptions;
  readonly me: KeeperRow & { readonly owner: string };
  readonly hand: Hand;
  readonly wake: Progress;
  problem: string | undefined;
  contested: ReadonlySet<string>;
  /** Until then others wait for this process, by `performance.now()`. */
  aliveUntil: number;
  /** How often it may have been given up; and at the start of the last look. */
  lapses: number;
  lapsesSeen: number;
  /** What was last seen of all checkpoints. */
  rows: readonly LeaseRow[];
};

export function createKeeper(options: KeeperOptions): Keeper {
  const { owner, yields } = options;
  const runs = modelsOf(options).map(codeOf);
  const state: State = {
    options,
    me: { keeper: randomUUID(), owner, runs, yields },
    hand: emptyHand(),
    wake: createProgress(),
    problem: undefined,
    contested: new Set(),
    aliveUntil: Number.NEGATIVE_INFINITY,
    lapses: 0,
    lapsesSeen: 0,
    rows: [],
  };
  return {
    lanes: () => [...state.hand.lanes.values()],
    leases: (name) => [...state.hand.leases.values()].filter(({ generation }) => generation.name === name),
    isContested: (name) => state.contested.has(name) || !isHeard(state),
    problem: () => state.problem,
    async run(signal) {
      try {
        await options.prepare();
        await keep(state, signal);
      } catch (error) {
        if (!(error instanceof CheckpointMismatch)) throw error;
        // Going on would serve another log's rows; only a person can tell which of the two is wrong.
        state.problem = error.message;
        options.logger.fatal({ err: error }, 'projections stopped');
      }
    },
  };
}

async function keep(state: State, signal: AbortSignal): Promise<void> {
  const { options, me, hand } = state;
  const failing = new AbortController();
  const followers = createFollowers({
    contextOf: (group, lanes) => contextOf(state, group, lanes),
    onEnd(lanes, error) {
      for (const lane of lanes) letGoOfLane(hand, lane);
      if (error instanceof LaneLost) options.logger.info(error.message);
      else failing.abort(error);
      state.wake.notify();
    },
  });
  const failed = async (stopping: AbortSignal) => {
    const either = AbortSignal.any([stopping, failing.signal]);
    await new Promise<void>((done) => {
      if (either.aborted) done();
      else either.addEventListener('abort', () => done(), { once: true });
    });
    if (failing.signal.aborted) throw failing.signal.reason;
  };
  try {
    await renewNow(state);
    await together(signal, [
      failed,
      (stopping) => renew(state, stopping),
      (stopping) => look(state, followers, stopping),
      (stopping) => coordinateAll(state, stopping),
    ]);
  } finally {
    await followers.stop();
    const left = emptied(hand);
    // Given up at once where it ends well; else this process comes back for them, or another when its time is up.
    if (signal.aborted) {
      await releaseLeases(options.leasePool, left);
      await forgetKeeper(options.leasePool, me.keeper);
    }
  }
}

async function renew(state: State, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(state.options.leaseMs / RENEWALS, signal);
    if (!signal.aborted) await renewNow(state);
  }
}

async function renewNow(state: State): Promise<void> {
  const { options, me, rows } = state;
  const { leaseMs } = options;
  const from = performance.now();
  await renewKeeper(options.leasePool, me, { leaseMs, seen: rows });
  if (performance.now() > state.aliveUntil) state.lapses += 1;
  state.aliveUntil = from + leaseMs;
}

/** Whoever was given up for a while has to look again before anything that he remembers counts. */
function isHeard({ aliveUntil, lapses, lapsesSeen }: State): boolean {
  return performance.now() < aliveUntil && lapses === lapsesSeen;
}

/** Beside the looks: a swap waits for others, who must go on meanwhile. */
async function coordinateAll(state: State, signal: AbortSignal): Promise<void> {
  const { options, hand, me } = state;
  const { leasePool: pool, log, logger } = options;
  const coordinate = createCoordinator({ pool, log, logger, models: options, keeper: me.keeper });
  const isLevel = (row: LeaseRow) => {
    const lane = hand.lanes.get(placeOf(row));
    return isInHand(hand, row) && (!lane || hand.near.has(lane));
  };
  while (!signal.aborted) {
    let pauseMs = LOOK_MS.busy;
    try {
      if (await coordinate({ rows: state.rows, isLevel })) state.wake.notify();
    } catch (error) {
      // What is read goes on as it is.
      logger.error({ err: error }, 'generations of projections could not be swapped or dropped; trying again');
      pauseMs = FAILED_MS;
    }
    await pause(pauseMs, signal);
  }
}

/** Looks again and again at who keeps what, and takes or gives up what is this process's share. */
async function look(state: State, followers: Followers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const turn = state.wake.turns();
    const quiet = await share(state, followers);
    if (state.wake.turns() === turn) await state.wake.next(quiet ? LOOK_MS.quiet : LOOK_MS.busy, signal);
  }
}

/** True where nothing is to be expected soon. */
async function share(state: State, followers: Followers): Promise<boolean> {
  const { options, me, hand, lapses } = state;
  const keepers = await readKeepers(options.leasePool);
  const rows = await readLeases(options.leasePool);
  state.contested = contestedOf(rows);
  state.rows = rows;
  letGoOfLost(hand, rows, me.keeper);
  state.lapsesSeen = lapses;
  const { release, claim } = divideLeases(me, { keepers, rows }, (row) => isInHand(hand, row));
  for (const row of release) letGo(hand, placeOf(row));
  await followers.follow(groupsOf(hand));
  await releaseLeases(options.leasePool, release);
  const claimed = await claimLeases(options.leasePool, claim, me);
  const lanes = claimed.flatMap((row) => takeInHand(hand, row, options.projections));
  await findNear(options.log, hand, lanes);
  await followers.follow(groupsOf(hand));
  if (claimed.length > 0) options.progress.notify();
  const building = rows.some((row) => row.state !== 'live');
  return !building && keepers.length <= 1;
}

/** Names of which generations of several versions are there. */
function contestedOf(rows: readonly LeaseRow[]): ReadonlySet<string> {
  const versions = new Map<string, Set<number>>();
  for (const { name, version, state } of rows) {
    if (state !== 'scratch') versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return new Set([...versions].filter(([, of]) => of.size > 1).map(([name]) => name));
}

function contextOf(state: State, group: Group, lanes: readonly Lane[]) {
  const { options, hand } = state;
  const { log, keys, owner, progress, logger, threads, sizes } = options;
  const pool = group === 'live' ? options.pool : options.besidePool;
  const onCaughtUp = () => {
    for (const lane of lanes) hand.near.add(lane);
    state.wake.notify();
  };
  const dependents = [...options.derived, ...(options.outside ?? [])];
  const parking = { dependents, onParked: parkReporter(logger) };
  return { pool, log, keys, owner, progress, ...parking, threads, sizes, ...(group === 'far' ? { onCaughtUp } : {}) };
}

function parkReporter(logger: Logger): ApplyContext['onParked'] {
  return ({ projection: { name }, generation: { generation }, lane }, { error, key, position, type, id, stream }) => {
    const where = { projection: name, generation, lane, key, position, type, id, stream };
    logger.error({ err: error, ...where }, 'an event cannot be applied and is parked; its row alone waits');
  };
}
