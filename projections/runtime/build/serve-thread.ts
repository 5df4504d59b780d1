/** The other side of a build thread: fills the lanes it is told to, one task after the other. */
import type { MessagePort } from 'node:worker_threads';
import type { Projection } from '../types.ts';
import { type FillContext, fillLanes } from './fill.ts';
import { type FromThread, laneFrom, plainError, type ToThread } from './thread-messages.ts';

export type ThreadContext = Pick<FillContext, 'pool' | 'log' | 'keys'> & {
  readonly projections: readonly Projection[];
};

/** Until it is told to close. */
export function serveThread(port: MessagePort, context: ThreadContext): Promise<void> {
  let stopping = new AbortController();
  const tell = (message: FromThread) => port.postMessage(message);
  return new Promise((closed) => {
    port.on('message', (message: ToThread) => {
      if (message.do === 'stop') stopping.abort();
      else if (message.do === 'close') {
        port.close();
        closed();
      } else {
        stopping = new AbortController();
        void fillAndTell(context, message, { signal: stopping.signal, tell });
      }
    });
  });
}

type Telling = { readonly signal: AbortSignal; readonly tell: (message: FromThread) => void };

async function fillAndTell(
  context: ThreadContext,
  task: ToThread & { readonly do: 'fill' },
  { signal, tell }: Telling,
): Promise<void> {
  const lanes = task.lanes.map((lane) => laneFrom(lane, context.projections));
  const ends = new Map(lanes.map((lane, at) => [lane, task.lanes[at]?.upTo ?? null]));
  let error: unknown;
  try {
    const fill = {
      ...context,
      owner: task.owner,
      onParked: (lane: (typeof lanes)[number], parked: (FromThread & { told: 'parked' })['parked']) =>
        tell({ told: 'parked', lane: lanes.indexOf(lane), parked }),
    };
    await fillLanes(fill, lanes, {
      upTo: (lane) => ends.get(lane) ?? null,
      signal,
      onProgress: (at, events) => tell({ told: 'progress', at, events }),
    });
  } catch (thrown) {
    error = thrown;
  }
  tell({ told: 'ended', stored: lanes.map(({ stored }) => stored), ...(error ? { error: plainError(error) } : {}) });
}
