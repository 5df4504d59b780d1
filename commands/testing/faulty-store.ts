/** A log that fails as a test says: loses answers, loses appends, lets others go first. */
import type { EventStore, StoredEvent } from '../../event-store/port.ts';

export type Faults = {
  /** Called with the number of the append (from 1), before it is made; throws to fail it. */
  readonly before?: (attempt: number, stream: string) => Promise<void> | void;
  /** Called after it was made; throws to lose the answer. */
  readonly after?: (attempt: number, stream: string) => Promise<void> | void;
  readonly onRead?: (stream: string) => Promise<void> | void;
};

export type FaultyStore = EventStore & {
  readonly calls: { appends: number; reads: number; readonly ids: string[][] };
};

/** The same log through a connection with these faults. */
export function withFaults(store: EventStore, faults: Faults = {}): FaultyStore {
  const calls: FaultyStore['calls'] = { appends: 0, reads: 0, ids: [] };
  return {
    ...store,
    calls,
    async append(stream, events, expected) {
      calls.appends += 1;
      const attempt = calls.appends;
      calls.ids.push(events.map(({ id }) => id));
      await faults.before?.(attempt, stream);
      const result = await store.append(stream, events, expected);
      await faults.after?.(attempt, stream);
      return result;
    },
    async read(stream, options): Promise<readonly StoredEvent[]> {
      calls.reads += 1;
      await faults.onRead?.(stream);
      return store.read(stream, options);
    },
  };
}
