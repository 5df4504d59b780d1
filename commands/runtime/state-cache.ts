/** The latest states of streams, bounded, and kept fresh by the process's tail of the log. */
import type { StoredEvent } from '../../event-store/port.ts';
import { type AnyDecider, applyStored, type StreamState } from './stream-state.ts';
import { createWeightedLru } from './weighted-lru.ts';

export type StateCache = {
  /** `tracked`: the tail was running when the state was read, so that nothing newer can have been missed. */
  get(stream: string, decider: AnyDecider): { readonly entry: StreamState; readonly tracked: boolean } | undefined;
  /** Keeps the newer of this and what is there, with whatever the tail brought meanwhile. */
  put(entry: StreamState): void;
  evict(stream: string): void;
  /**
   * To be held from before a stream is read until after `put`. What the tail brings in between is kept and applied by
   * `put`; without it an event that came by between reading and putting would be missing until the next one.
   */
  hold(stream: string): () => void;
  /** Events of the whole log in its order. */
  feed(events: readonly StoredEvent[]): void;
  size(): number;
};

export type CacheOptions = {
  /** Streams at most. */
  readonly streams: number;
  /** Command ids remembered in all streams together. */
  readonly commands: number;
  readonly tailRuns: () => boolean;
  readonly onUndecodable: (event: StoredEvent, error: unknown) => void;
};

type Slot = { readonly entry: StreamState; readonly tracked: boolean };
/** `fed`: what the tail brought while the stream had no slot; `lost` once that can no longer be known. */
type Hold = { holders: number; tracked: boolean; fed: StoredEvent[] | 'lost' };

const FED_AT_MOST = 2_000;

/** An empty cache. */
export function createStateCache({ streams, commands, tailRuns, onUndecodable }: CacheOptions): StateCache {
  const holds = createHolds(tailRuns);
  // What a slot had taken from the tail goes with it, so that nothing read before may be kept any more.
  const slots = createWeightedLru<Slot>({ entries: streams, weight: commands, onEvict: holds.lose });
  const set = (slot: Slot) => slots.set(slot.entry.stream, slot, slot.entry.commands.size());
  const drop = (stream: string) => {
    if (slots.peek(stream)) holds.lose(stream);
    slots.delete(stream);
  };
  const slotOf = (stream: string, decider: AnyDecider) => {
    const slot = slots.get(stream);
    return slot?.entry.decider === decider ? slot : undefined;
  };

  return {
    get: slotOf,
    put(entry) {
      const hold = holds.of(entry.stream);
      const tracked = hold?.tracked ?? false;
      const there = slotOf(entry.stream, entry.decider);
      if (there && there.entry.revision >= entry.revision) {
        const same = there.entry.revision === entry.revision;
        return set({ entry: there.entry, tracked: there.tracked || (same && tracked) });
      }
      const fed = hold?.fed ?? [];
      const next = fed === 'lost' ? undefined : advance(entry, fed, onUndecodable);
      if (!next) return drop(entry.stream);
      if (hold) hold.fed = [];
      set({ entry: next, tracked });
    },
    evict: drop,
    hold: holds.take,
    feed(events) {
      for (const event of events) {
        const slot = slots.peek(event.stream);
        if (!slot) holds.keep(event);
        else if (event.revision > slot.entry.revision) {
          const next = advance(slot.entry, [event], onUndecodable);
          if (next) set({ entry: next, tracked: slot.tracked });
          else drop(event.stream);
        }
      }
    },
    size: slots.size,
  };
}

/** Streams that are being read or written right now. */
function createHolds(tailRuns: () => boolean) {
  const holds = new Map<string, Hold>();
  return {
    of: (stream: string) => holds.get(stream),
    take(stream: string): () => void {
      const hold: Hold = holds.get(stream) ?? { holders: 0, tracked: true, fed: [] };
      hold.holders += 1;
      hold.tracked &&= tailRuns();
      holds.set(stream, hold);
      return () => {
        hold.holders -= 1;
        if (hold.holders === 0) holds.delete(stream);
      };
    },
    keep(event: StoredEvent): void {
      const hold = holds.get(event.stream);
      if (hold && hold.fed !== 'lost' && hold.fed.push(event) > FED_AT_MOST) hold.fed = 'lost';
    },
    lose(stream: string): void {
      const hold = holds.get(stream);
      if (hold) hold.fed = 'lost';
    },
  };
}

/** The state with these events; undefined where it cannot be kept: a gap, or an event that cannot be read. */
function advance(
  entry: StreamState,
  events: readonly StoredEvent[],
  onUndecodable: CacheOptions['onUndecodable'],
): StreamState | undefined {
  let next = entry;
  for (const event of events) {
    if (event.revision <= next.revision) continue;
    if (event.revision > next.revision + 1) return undefined;
    try {
      next = applyStored(next, [event]);
    } catch (error) {
      onUndecodable(event, error);
      return undefined;
    }
  }
  return next;
}
