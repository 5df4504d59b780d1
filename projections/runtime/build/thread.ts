/** A thread that fills lanes, as the one who started it sees it. */
import type { Worker } from 'node:worker_threads';
import type { Position } from '../../../event-store/port.ts';
import { within } from '../../../platform/process/within.ts';
import type { Lane } from '../lanes.ts';
import type { FillContext } from './fill.ts';
import { errorFrom, type FromThread, plainLane, type ToThread } from './thread-messages.ts';

export type BuildThread = {
  /** As `fillLanes`; one at a time. Rejects when the thread ends on the way: lanes stand at their checkpoints then. */
  fill(lanes: readonly Lane[], task: ThreadTask): Promise<void>;
  /** Its connections are given back first. */
  close(): Promise<void>;
};

export type ThreadTask = Pick<FillContext, 'owner' | 'onParked'> & {
  readonly upTo: (lane: Lane) => Position;
  readonly signal: AbortSignal;
  readonly onProgress: (at: Position, events: number) => void;
};

/** So long a thread may take to close its connections. */
const CLOSE_MS = 5_000;

export function createBuildThread(worker: Worker): BuildThread {
  const tell = (message: ToThread) => worker.postMessage(message);
  let failure: Error | undefined;
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve));
  const ended = exited.then((code): never => {
    throw failure ?? new Error(`a thread that fills projections ended with ${code}`);
  });
  ended.catch(() => undefined); // Told by the task under way, or the next one.

  return {
    async fill(lanes, task) {
      const stop = () => tell({ do: 'stop' });
      const done = new AbortController();
      const told = listen(worker, lanes, { ...task, until: done.signal });
      tell({ do: 'fill', owner: task.owner, lanes: lanes.map((lane) => plainLane(lane, task.upTo(lane))) });
      task.signal.addEventListener('abort', stop);
      if (task.signal.aborted) stop();
      try {
        await Promise.race([told, ended]);
      } finally {
        task.signal.removeEventListener('abort', stop);
        done.abort();
      }
    },
    async close() {
      tell({ do: 'close' });
      await within(CLOSE_MS, exited).catch(() => worker.terminate());
    },
  };
}

type Listening = ThreadTask & { readonly until: AbortSignal };

/** Until the task is ended. */
function listen(worker: Worker, lanes: readonly Lane[], { until, onProgress, onParked }: Listening): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = (message: FromThread) => {
      if (message.told === 'progress') return onProgress(message.at, message.events);
      if (message.told === 'parked') {
        const lane = lanes[message.lane];
        return lane && onParked(lane, message.parked);
      }
      for (const [at, position] of message.stored.entries()) moved(lanes[at], position);
      if (message.error) reject(errorFrom(message.error));
      else resolve();
    };
    worker.on('message', hear);
    until.addEventListener('abort', () => worker.off('message', hear), { once: true });
  });
}

function moved(lane: Lane | undefined, position: Position | null): void {
  if (!lane) return;
  lane.stored = position;
  lane.reached = position;
  // The thread may have parked something.
  lane.parked = undefined;
}
