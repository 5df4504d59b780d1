/** Threads for long reads of the log. */
import { availableParallelism } from 'node:os';
import type { ReadThreads } from '../event-store/eventstoredb/read-together.ts';
import { startThread } from './start-thread.ts';

/** One takes what the threads have read, one is the server's. */
const OTHERS = 2;
const AT_MOST = 4;

export function createReadThreads(count = Math.min(AT_MOST, availableParallelism() - OTHERS)): ReadThreads {
  const file = new URL('../event-store/eventstoredb/share-thread.ts', import.meta.url);
  return { count, start: (data) => startThread(file, data) };
}
