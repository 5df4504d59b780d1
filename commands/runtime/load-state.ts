/** States for reading only: from the cache where the tail keeps it fresh, else from the log. */
import type { StreamReader } from './read-stream.ts';
import type { StateCache } from './state-cache.ts';
import type { AnyDecider, StreamState } from './stream-state.ts';

/** A tail further behind does not keep a state that is only read fresh enough. */
const FRESH_MS = 1_000;

export type LoaderOptions = {
  readonly cache: StateCache;
  readonly reader: StreamReader;
  readonly lagMs: () => number;
};

/** `fresh` reads the log now; otherwise readers of one stream at the same time share one read. */
export function createStateLoader({ cache, reader, lagMs }: LoaderOptions) {
  const shared = new Map<string, Promise<StreamState>>();

  const readNow = async (decider: AnyDecider, stream: string): Promise<StreamState> => {
    const release = cache.hold(stream);
    try {
      const cached = cache.get(stream, decider);
      const entry = await (cached ? reader.refresh(cached.entry) : reader.load(decider, stream));
      cache.put(entry);
      // What this process wrote while the read was under way is in the cache: a reader who came after that must see it.
      const kept = cache.get(stream, decider)?.entry;
      return kept && kept.revision > entry.revision ? kept : entry;
    } finally {
      release();
    }
  };

  return async (decider: AnyDecider, stream: string, fresh: boolean): Promise<StreamState> => {
    if (fresh) return readNow(decider, stream);
    const cached = cache.get(stream, decider);
    if (cached?.tracked && lagMs() < FRESH_MS) return cached.entry;
    const reading = shared.get(stream) ?? readNow(decider, stream).finally(() => shared.delete(stream));
    shared.set(stream, reading);
    return reading;
  };
}
