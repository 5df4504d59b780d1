/** Streams from the log into states: whole, from a snapshot, or only what is newer; and commands too old to be remembered. */
import type { EventLike, Instant } from '../../domain/decider.ts';
import { decodeStored } from '../../domain/decode-stored.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Effect, OlderCommands } from './command-memory.ts';
import type { Snapshots } from './snapshots.ts';
import type { RuntimeCounts } from './stats.ts';
import { type AnyDecider, applyStored, emptyStream, type StreamState } from './stream-state.ts';

export type StreamReader = {
  /** The whole stream, from its snapshot where it is long and has one. */
  load(decider: AnyDecider, stream: string): Promise<StreamState>;
  /** The state with what the log has beyond it; the same object where there is nothing newer. */
  refresh(entry: StreamState): Promise<StreamState>;
  /** What a command caused, as it is stored. */
  eventsOf(stream: string, commandId: string, effect: Effect): Promise<readonly EventLike[]>;
  /** The commands of the events of a range; read backwards. */
  commandsIn(stream: string, range: SearchRange): Promise<OlderCommands>;
};

/** Revisions from `from` up to but without `below`, and nothing recorded before `horizon`. */
export type SearchRange = { readonly below: number; readonly from: number; readonly horizon: Instant };

export type ReaderOptions = {
  readonly store: EventStore;
  readonly snapshots?: Snapshots | undefined;
  /** Command ids remembered for each stream. */
  readonly memory: number;
  readonly counts: RuntimeCounts;
};

// A first page as long as the distance of snapshots: a stream that fits in it has none, and is not asked for one.
const PAGE = 200;

/** Reads through the log's port, page by page. */
export function createStreamReader({ store, snapshots, memory, counts }: ReaderOptions): StreamReader {
  const readOn = async (entry: StreamState): Promise<StreamState> => {
    let next = entry;
    for (;;) {
      const page = await store.read(entry.stream, { from: next.revision + 1, limit: PAGE });
      next = applyStored(next, page);
      if (page.length < PAGE) return next;
    }
  };
  const fromSnapshot = async (entry: StreamState): Promise<StreamState> => {
    const snapshot = await snapshots?.find(entry.decider, entry.stream);
    if (!snapshot || snapshot.revision <= entry.revision) return entry;
    const [last] = await store.read(entry.stream, { from: snapshot.revision, limit: 1 });
    return last?.id === snapshot.eventId ? snapshot : entry;
  };

  return {
    async load(decider, stream) {
      counts.loads += 1;
      const page = await store.read(stream, { from: 0, limit: PAGE });
      const start = applyStored(emptyStream(decider, stream, memory), page);
      return page.length < PAGE ? start : readOn(await fromSnapshot(start));
    },
    refresh(entry) {
      counts.tailReads += 1;
      return readOn(entry);
    },
    async eventsOf(stream, commandId, { first, last }) {
      const stored = await store.read(stream, { from: first, limit: last - first + 1 });
      return stored
        .filter(({ metadata }) => metadata.commandId === commandId)
        .map((event) => {
          const { type, data } = decodeStored(event);
          return { type, data };
        });
    },
    async commandsIn(stream, { below, from, horizon }) {
      counts.searches += 1;
      const found = new Map<string, Effect>();
      const read = (start: number, completeAfter: Instant): OlderCommands => {
        return { effects: new Map([...found].reverse()), from: start, below, completeAfter };
      };
      for (let end = below - 1; end >= from; end -= PAGE) {
        const page = await store.read(stream, { from: end, backwards: true, limit: Math.min(PAGE, end - from + 1) });
        for (const { metadata, revision } of page) {
          const { commandId, recordedAt } = metadata;
          if (recordedAt < horizon) return read(revision + 1, recordedAt);
          found.set(commandId, { first: revision, last: found.get(commandId)?.last ?? revision, recordedAt });
        }
      }
      return read(from, '');
    },
  };
}
