/** Starts a thread on a file of the shop, as composing files are started: whoever started this process, and however. */
import { Worker } from 'node:worker_threads';

/** Pages of events live just long enough to be carried over by a young heap of the usual size, again and again. */
const YOUNG_MIB = 96;

/** @param workerData stays in memory: nothing of it is logged or written down */
export function startThread(file: URL, workerData: unknown): Worker {
  return new Worker(file, {
    workerData,
    execArgv: ['--import', new URL('./typescript.mjs', import.meta.url).href],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
}
