/** Follows the log: opens each batch once, applies it to all lanes, and moves on those it does not touch. */
import { once } from 'node:events';
import type pg from 'pg';
import type { EventStore, StoredEvent } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { pause } from '../../platform/process/pause.ts';
import { type ApplyContext, applyToLane } from './apply.ts';
import { moveIdle } from './checkpoints.ts';
import { openEvents } from './decode.ts';
import { keepDraining } from './drain.ts';
import { earliest, type Lane, type Mark } from './lanes.ts';
import { readParked } from './parking.ts';
import { planBatch } from './plan.ts';
import type { Progress } from './signal.ts';

/** Events applied at once, at most: enough to make round trips small, few enough to keep memory and locks so. */
const BATCH = 2_000;
/** A page this full is history, to be gone through without a pause. */
const HISTORY = 200;
/**
 * Live events gather for so long between two batches: each batch costs two round trips a lane however few its events, and
 * a busy shop would otherwise pay them for each event of an order. Readers who wait for a position wait so much longer.
 */
const GATHER_MS = 15;
/** Checkpoints of lanes that had nothing to apply are written at most this often; in memory they move at once. */
const IDLE_MS = 25;

export type FollowContext = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly lanes: readonly Lane[];
  readonly owner: string;
  readonly progress: Progress;
  readonly dependents?: ApplyContext['dependents'];
  readonly onParked: ApplyContext['onParked'];
  /** Told each time there was nothing left to apply. */
  readonly onCaughtUp?: (() => void) | undefined;
};

/** Until the signal aborts. Throws `LaneLost` when another process moves a lane, and when an engine goes away. */
export async function followLog(context: FollowContext, signal: AbortSignal): Promise<void> {
  // Nothing to read for.
  if (context.lanes.length === 0) return signal.aborted ? undefined : once(signal, 'abort').then(() => undefined);
  const taken = await readParked(context.pool, context.lanes);
  const attempt = new AbortController();
  const idle = createIdleMover(context, (error) => attempt.abort(error));
  const both = AbortSignal.any([signal, attempt.signal]);
  const messages = context.log
    .subscribe({ after: earliest(context.lanes.map((lane) => lane.reached)), signal: both })
    [Symbol.asyncIterator]();
  const { exclusive } = idle;
  const draining = keepDraining({ ...context, apply: applyContext(context), exclusive }, taken, both).catch((error) =>
    attempt.abort(error),
  );
  try {
    let coming: ReturnType<typeof messages.next> | undefined;
    while (true) {
      const message = await (coming ?? messages.next());
      coming = undefined;
      if (message.done || both.aborted) break;
      if (message.value.kind !== 'events') {
        context.onCaughtUp?.();
        continue;
      }
      const { events } = message.value;
      const isHistory = events.length >= HISTORY;
      // The next page is read while this one is applied.
      if (isHistory) coming = messages.next();
      coming?.catch(() => undefined); // Looked at on the next turn; until then it must not count as unhandled.
      for (let from = 0; from < events.length; from += BATCH) {
        await idle.exclusive(() => applyBatch(context, events.slice(from, from + BATCH)));
        idle.later(events[Math.min(from + BATCH, events.length) - 1]);
      }
      if (!isHistory) await pause(GATHER_MS, both);
    }
    await idle.finish();
    if (attempt.signal.aborted) throw attempt.signal.reason;
  } finally {
    attempt.abort();
    await draining;
    await idle.stop();
  }
}

async function applyBatch(context: FollowContext, events: readonly StoredEvent[]): Promise<void> {
  const end = events.at(-1);
  if (!end) return;
  const wanted = new Set<string>(context.lanes.flatMap((lane) => lane.projection.wants));
  const opened = await openEvents(
    events.filter((event) => wanted.has(event.type)),
    context.keys,
  );
  const plan = planBatch(opened, context.lanes);
  // All are waited for, also when one fails: what runs on behind would meet the next attempt.
  const results = await Promise.allSettled(
    [...plan].map(([lane, changes]) => applyToLane(applyContext(context), lane, { changes, end })),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  for (const lane of context.lanes) {
    if (lane.reached === null || lane.reached < end.position) lane.reached = end.position;
  }
  context.progress.notify();
}

function applyContext({ pool, owner, dependents = [], onParked }: FollowContext): ApplyContext {
  return { reader: pool, owner, dependents, onParked };
}

type IdleMover = {
  /** One at a time: a lane's checkpoint is moved from the value last written, by whoever comes. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  later(mark: Mark | undefined): void;
  /** Writes what is left. */
  finish(): Promise<void>;
  stop(): Promise<void>;
};

function createIdleMover(context: FollowContext, onFailure: (error: unknown) => void): IdleMover {
  let last: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let mark: Mark | undefined;
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const move = () =>
    exclusive(async () => {
      timer = undefined;
      const to = mark;
      if (!to) return;
      const idle = (lane: Lane) => lane.stored === null || lane.stored < to.position;
      await moveIdle(context.pool, context.lanes.filter(idle), to, context.owner);
      context.progress.notify();
    });
  return {
    exclusive,
    later(next) {
      mark = next ?? mark;
      timer ??= setTimeout(() => void move().catch(onFailure), IDLE_MS);
    },
    finish: move,
    async stop() {
      clearTimeout(timer);
      await last;
    },
  };
}
