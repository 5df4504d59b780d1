/** One queue per stream: what arrives while a batch is under way is the next batch. */
import type { Job } from './job.ts';
import { TooContended } from './types.ts';

export type StreamQueues = {
  /** Puts a job in its stream's queue; rejects it with `TooContended` where too many wait. */
  submit(job: Job): void;
  waiting(): number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

export type QueueOptions = {
  /** Takes the jobs of one batch, answers them, and gives back those that found no room. Must not throw. */
  readonly run: (jobs: readonly [Job, ...Job[]]) => Promise<readonly Job[]>;
  /** Commands in one batch. */
  readonly batchCommands: number;
  /** Commands that may wait for one stream. */
  readonly queued: number;
};

/** While a stream's batch is under way nothing else is decided for it: the next would be decided on what is not yet so. */
export function createStreamQueues({ run, batchCommands, queued }: QueueOptions): StreamQueues {
  const queues = new Map<string, Job[]>();
  const running = new Set<Promise<void>>();
  let waiting = 0;

  const drain = async (stream: string, queue: Job[]): Promise<void> => {
    // What was submitted in this same tick joins the first batch.
    await Promise.resolve();
    for (;;) {
      const [first, ...rest] = queue.splice(0, batchCommands);
      if (!first) break;
      const left = await run([first, ...rest]);
      waiting -= 1 + rest.length - left.length;
      queue.unshift(...left);
    }
    queues.delete(stream);
  };

  return {
    submit(job) {
      const existing = queues.get(job.stream);
      if (existing && existing.length >= queued) {
        job.reject(new TooContended(job.stream, `${existing.length} commands wait for it`));
        return;
      }
      waiting += 1;
      if (existing) {
        existing.push(job);
        return;
      }
      const queue = [job];
      queues.set(job.stream, queue);
      const drained: Promise<void> = drain(job.stream, queue).finally(() => running.delete(drained));
      running.add(drained);
    },
    waiting: () => waiting,
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
