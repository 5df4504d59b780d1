/** Brings lanes that are far behind to where they should be, on as many threads as are lent for it. */
import { latest, type Position } from '../../../event-store/port.ts';
import { earliest, type Lane } from '../lanes.ts';
import { type FillContext, type FillOptions, fillLanes } from './fill.ts';
import { lanesApart } from './lanes-apart.ts';
import type { BuildThread } from './thread.ts';

/** Where threads come from; they know the engines and the projections. */
export type BuildThreads = { readonly count: number; readonly start: () => BuildThread };

export type BuildContext = FillContext & {
  /** Without them it is done in this thread, which has no time for anything else then. */
  readonly threads?: BuildThreads | undefined;
};

/** Fewer events are folded here sooner than a thread has started. */
const FEW = 3_000;
/** With fewer left nobody takes over from another any more: those who do have to read the rows they go on with. */
const WORTH_TAKING = 10_000;

/**
 * Brings every lane to its end and returns, or earlier where the signal aborts; then it can be gone on with. Rows and
 * checkpoint are written together, under the lane's epoch: whoever is killed goes on from the checkpoints. What cannot be
 * applied is parked. Throws `LaneLost`, and when an engine or a thread goes away.
 */
export async function buildLanes(context: BuildContext, lanes: readonly Lane[], options: FillOptions): Promise<void> {
  const { threads } = context;
  const behind = behindOf(lanes, options);
  const end = behind.map(options.upTo).reduce<Position | null>(latest, null);
  const left = context.log.distance(earliest(behind.map(({ stored }) => stored)), end);
  if (!threads || options.rows || (left !== undefined && left < FEW)) return fillLanes(context, behind, options);
  const idle = Array.from({ length: threads.count }, threads.start);
  const started = [...idle];
  try {
    await buildOn(idle, context, { lanes: behind, options, end });
  } finally {
    await Promise.all(started.map((thread) => thread.close()));
  }
}

/** Lanes that one thread fills. */
type Job = {
  readonly thread: BuildThread;
  readonly lanes: readonly Lane[];
  readonly stopping: AbortController;
  /** Where it is reading. */
  at: Position | null;
  /** Settles, and never rejects, when the thread is idle again; with what went wrong. */
  done: Promise<{ readonly job: Job; readonly error?: unknown }>;
};

type Work = { readonly lanes: readonly Lane[]; readonly options: FillOptions; readonly end: Position | null };

async function buildOn(idle: BuildThread[], context: BuildContext, { lanes, options, end }: Work): Promise<void> {
  const waiting = [...lanesApart(lanes, idle.length)];
  const running = new Set<Job>();
  let failure: unknown;
  const isOver = () => failure !== undefined || options.signal.aborted;
  const told = (at: Position, events: number) =>
    options.onProgress?.(earliest([...running].map((job) => job.at)) ?? at, events);
  for (;;) {
    while (!isOver() && waiting.length > 0 && idle.length > 0) {
      const [thread, group] = [idle.pop(), waiting.shift()];
      if (thread && group) running.add(startJob(context, thread, { lanes: group, options, told }));
    }
    if (running.size === 0) break;
    // Nobody stands idle while another has much left: it stops, and what it has left is divided anew.
    if (!isOver() && idle.length > 0) stopOne(context, running, end);
    const { job, error } = await Promise.race([...running].map(({ done }) => done));
    running.delete(job);
    idle.push(job.thread);
    failure ??= error;
    if (failure !== undefined) for (const other of running) other.stopping.abort();
    waiting.push(...lanesApart(behindOf(job.lanes, options), idle.length));
  }
  if (failure !== undefined) throw failure;
}

type Start = {
  readonly lanes: readonly Lane[];
  readonly options: FillOptions;
  readonly told: (at: Position, events: number) => void;
};

function startJob(context: BuildContext, thread: BuildThread, { lanes, options, told }: Start): Job {
  const stopping = new AbortController();
  const job: Omit<Job, 'done'> = { thread, lanes, stopping, at: earliest(lanes.map(({ stored }) => stored)) };
  const task = {
    owner: context.owner,
    onParked: context.onParked,
    upTo: (lane: Lane) => options.upTo(lane) as Position, // Those without an end were left out.
    signal: AbortSignal.any([options.signal, stopping.signal]),
    onProgress(at: Position, events: number) {
      job.at = at;
      told(at, events);
    },
  };
  const done = thread.fill(lanes, task).then(
    () => ({ job: whole }),
    (error: unknown) => ({ job: whole, error }),
  );
  const whole: Job = Object.assign(job, { done });
  return whole;
}

/** The one that is furthest behind, if what it fills can be divided. */
function stopOne({ log }: BuildContext, running: ReadonlySet<Job>, end: Position | null): void {
  const divisible = [...running].filter(({ lanes }) => lanesApart(lanes, 2).length > 1);
  const [slowest] = divisible.toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1));
  if (!slowest || slowest.stopping.signal.aborted) return;
  const left = log.distance(slowest.at, end);
  if (left === undefined || left >= WORTH_TAKING) slowest.stopping.abort();
}

function behindOf(lanes: readonly Lane[], { upTo }: Pick<FillOptions, 'upTo'>): readonly Lane[] {
  return lanes.filter((lane) => {
    const end = upTo(lane);
    return end !== null && (lane.stored === null || lane.stored < end);
  });
}
