/** Long reads of the whole log by several threads: one connection is bound by the CPU of the thread that takes what it sends. */
import { on } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { type LogIdentity, type LogRange, LogUnavailable, type Position, type StoredText } from '../port.ts';
import { placeOf } from './positions.ts';
import { merged, sharesOf } from './shares.ts';

/** Where threads come from that run `share-thread.ts`. */
export type ReadThreads = {
  /** At most 16; one is no faster than none. */
  readonly count: number;
  readonly start: (data: ShareData) => Worker;
  /** Of the log, below which threads would have started when it is read (64 MiB, some 100,000 events). */
  readonly worthBytes?: number | undefined;
};

/** What a thread is started with. It holds the address with its password, and stays in memory. */
export type ShareData = Pick<LogRange, 'after' | 'upTo' | 'filter'> & {
  readonly url: string;
  readonly identity: LogIdentity;
  /** Which streams are its share. */
  readonly streams: string;
};

export type FromShare =
  | { readonly events: readonly StoredText[] }
  | { readonly end: true }
  | { readonly error: string };

type Log = Pick<ShareData, 'url' | 'identity'> & {
  readonly readers: ReadThreads | undefined;
  /** Throws where it is not certain that this is still the log that was opened. */
  readonly confirm: () => Promise<void>;
};

const WORTH_BYTES = 64 * 1024 * 1024;
/** Pages of each share that are read ahead of the others: more is waited for. */
const AHEAD = 4;

/** As the port's `readTogether`. What goes wrong in one thread ends them all, and is thrown: `LogUnavailable` as from a page. */
export function readTogether(log: Log, range: LogRange): AsyncGenerator<readonly StoredText[]> | undefined {
  const { readers } = log;
  if (!readers || readers.count < 2) return undefined;
  if (bytesBetween(range.after, range.upTo) < (readers.worthBytes ?? WORTH_BYTES)) return undefined;
  return readOn(log, readers, range);
}

async function* readOn(
  { url, identity, confirm }: Log,
  { count, start }: ReadThreads,
  { after, upTo, filter, pageSize, signal }: LogRange,
): AsyncGenerator<readonly StoredText[]> {
  if (signal?.aborted) return;
  const ending = new AbortController();
  const stop = () => ending.abort();
  signal?.addEventListener('abort', stop);
  const threads = sharesOf(count).map((streams) => start({ url, identity, streams, after, upTo, filter }));
  // It stays: what a thread fails with after its last page concerns nobody, and must not end the process.
  for (const thread of threads) thread.on('error', () => undefined);
  try {
    for await (const events of merged(threads.map((thread) => pagesOf(thread, ending.signal)))) {
      await confirm();
      for (let from = 0; from < events.length; from += pageSize) {
        yield events.slice(from, from + pageSize);
        if (signal?.aborted) return;
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** What a thread reads; it is told each time that there is room for another page. */
async function* pagesOf(thread: Worker, signal: AbortSignal): AsyncGenerator<readonly StoredText[]> {
  const more = () => thread.postMessage('more');
  for (let page = 0; page < AHEAD; page += 1) more();
  for await (const [told] of on(thread, 'message', { signal, close: ['exit'] })) {
    const message = told as FromShare;
    if ('error' in message) throw new LogUnavailable(message.error);
    if ('end' in message) return;
    yield message.events;
    more();
  }
  throw new LogUnavailable('a thread that reads the log ended before it had read its share: try again');
}

/** Positions of this engine are places in the file of the log. */
function bytesBetween(after: Position | null, upTo: Position): number {
  return Number(placeOf(upTo).commit - (after === null ? 0n : placeOf(after).commit));
}
