/** Keeps this process's share of the read models: holds leases on checkpoints, and follows the log for the lanes among them. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { CheckpointMismatch, type EventStore, type Position } from '../../event-store/port.ts';
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
import { isNear } from './near.ts';
import { createProgress, type Progress } from './signal.ts';
import type { Projection } from './types.ts';

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
  /** Whether another version of it may take its place: then only what is in the table counts. */
  isContested(name: string): boolean;
  /** What needs a person: lanes that stopped, a log that is not ours. */
  problems(): readonly string[];
  run(signal: AbortSignal): Promise<void>;
};

/** Between two looks at who keeps what, in milliseconds: while others are there or something is built, and else. */
const LOOK_MS = { busy: 200, quiet: 500 };
const RENEWALS = 5;
const FAILED_MS = 5_000;

/** What is in hand: all of it under an epoch of this process. */
type Hand = { readonly lanes: Map<string, Lane>; readonly leases: Map<string, Lease>; readonly near: Set<Lane> };

type State = {
  readonly options: KeeperOptions;
  readonly me: KeeperRow & { readonly owner: string };
  readonly hand: Hand;
  readonly wake: Progress;
  readonly problems: Map<string, string>;
  contested: ReadonlySet<string>;
  /** What was last seen of all checkpoints, and when. */
  rows: readonly LeaseRow[];
  lookedAt: string | undefined;
};

export function createKeeper(options: KeeperOptions): Keeper {
  const { owner, yields } = options;
  const runs = modelsOf(options).map(codeOf);
  const state: State = {
    options,
    me: { keeper: randomUUID(), owner, runs, yields },
    hand: { lanes: new Map(), leases: new Map(), near: new Set() },
    wake: createProgress(),
    problems: new Map(),
    contested: new Set(),
    rows: [],
    lookedAt: undefined,
  };
  return {
    lanes: () => [...state.hand.lanes.values()],
    leases: (name) => [...state.hand.leases.values()].filter(({ generation }) => generation.name === name),
    isContested: (name) => state.contested.has(name),
    problems: () => [...state.problems.values()],
    async run(signal) {
      try {
        await options.prepare();
        await keep(state, signal);
      } catch (error) {
        if (!(error instanceof CheckpointMismatch)) throw error;
        // Going on would serve another log's rows; only a person can tell which of the two is wrong.
        state.problems.set('log', error.message);
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
      for (const lane of lanes) letGo(hand, lane);
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
    const left = [...hand.lanes.values(), ...hand.leases.values()].map(rowOf);
    for (const kept of [hand.lanes, hand.leases, hand.near]) kept.clear();
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

function renewNow({ options, me, lookedAt }: State): Promise<void> {
  return renewKeeper(options.leasePool, me, { leaseMs: options.leaseMs, lookedAt });
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
  const { options, me, hand } = state;
  const { keepers, at } = await readKeepers(options.leasePool);
  const rows = await readLeases(options.leasePool);
  state.contested = contestedOf(rows);
  state.rows = rows;
  state.lookedAt = at;
  letGoOfLost(hand, rows, me.keeper);
  const { release, claim } = divideLeases(me, { keepers, rows }, (row) => isInHand(hand, row));
  for (const row of release) {
    const lane = hand.lanes.get(placeOf(row));
    if (lane) letGo(hand, lane);
    hand.leases.delete(placeOf(row));
  }
  await followers.follow(groupsOf(hand));
  await releaseLeases(options.leasePool, release);
  const claimed = await claimLeases(options.leasePool, claim, me);
  const lanes = claimed.flatMap((row) => takeInHand(state, row));
  await findNear(options.log, hand, lanes);
  await followers.follow(groupsOf(hand));
  if (claimed.length > 0) options.progress.notify();
  const building = rows.some((row) => row.state !== 'live');
  return !building && keepers.length <= 1;
}

/** Returns the lane, where it is one of a projection. */
function takeInHand({ options, hand, problems }: State, row: LeaseRow): readonly Lane[] {
  const { name, generation, version, state, schema } = row;
  const of = { name, generation, version, state, schema };
  const projection = options.projections.find((each) => each.name === name);
  if (!projection) {
    hand.leases.set(placeOf(row), { generation: of, lane: row.lane, epoch: row.owner_epoch });
    return [];
  }
  // A lane that stopped tries its event again whenever it is taken: the code may have been mended since.
  problems.delete(`${name}/${row.lane}`);
  const lane = laneOf(projection, row, of);
  hand.lanes.set(placeOf(row), lane);
  return [lane];
}

function laneOf(projection: Projection, row: LeaseRow, generation: Lane['generation']): Lane {
  return {
    projection,
    generation,
    lane: row.lane,
    stored: row.position,
    reached: row.position,
    epoch: row.owner_epoch,
    parked: undefined,
    eventsPerSecond: 0,
    movedAt: performance.now(),
  };
}

/** Lanes that were claimed by others, or held up by a swap, meanwhile. */
function letGoOfLost(hand: Hand, rows: readonly LeaseRow[], keeper: string): void {
  const mine = new Set(rows.filter((row) => row.keeper === keeper && isInHand(hand, row)).map(placeOf));
  for (const [place, lane] of hand.lanes) if (!mine.has(place)) letGo(hand, lane);
  for (const place of hand.leases.keys()) if (!mine.has(place)) hand.leases.delete(place);
}

function isInHand(hand: Hand, row: LeaseRow): boolean {
  const held = hand.lanes.get(placeOf(row)) ?? hand.leases.get(placeOf(row));
  return held?.epoch === row.owner_epoch;
}

function letGo(hand: Hand, lane: Lane): void {
  const place = placeOf(rowOf(lane));
  if (hand.lanes.get(place) === lane) hand.lanes.delete(place);
  hand.near.delete(lane);
}

function rowOf({ generation: { name, generation }, lane, epoch }: Lease) {
  return { name, generation, lane, owner_epoch: epoch };
}

/** Looks how far lanes are that were just taken; those that are far stay so until they have caught up. */
async function findNear(log: EventStore, hand: Hand, lanes: readonly Lane[]): Promise<void> {
  const asked = new Map<Position | null, boolean>();
  for (const lane of lanes) {
    if (!asked.has(lane.stored)) {
      asked.set(lane.stored, await isNear(log, lane.stored));
    }
    if (asked.get(lane.stored)) hand.near.add(lane);
  }
}

function groupsOf(hand: Hand): Map<Lane, Group> {
  const groupOf = (lane: Lane) => (!hand.near.has(lane) ? 'far' : lane.generation.state === 'live' ? 'live' : 'beside');
  return new Map([...hand.lanes.values()].map((lane) => [lane, groupOf(lane)]));
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
  const onParked = parkReporter(logger);
  return { pool, log, keys, owner, progress, onParked, threads, sizes, ...(group === 'far' ? { onCaughtUp } : {}) };
}

function parkReporter(logger: Logger): ApplyContext['onParked'] {
  return ({ projection: { name }, generation: { generation }, lane }, { error, key, position, type, id, stream }) => {
    const where = { projection: name, generation, lane, key, position, type, id, stream };
    logger.error({ err: error, ...where }, 'an event cannot be applied and is parked; its row alone waits');
  };
}
