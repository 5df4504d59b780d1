/** The latest states of streams, bounded, and kept fresh by the process's tail of the log (CORE rule 16). */
import type { StoredEvent } from '../../event-store/port.ts';
import { type AnyDecider, applyStored, type StreamState } from './stream-state.ts';

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

type Slot = { readonly entry: StreamState; readonly tracked: boolean; readonly weight: number };
/** `fed`: what the tail brought while the stream had no slot; `lost` once that can no longer be known. */
type Hold = { holders: number; tracked: boolean; fed: StoredEvent[] | 'lost' };

const FED_AT_MOST = 2_000;

/** An empty cache. */
export function createStateCache(options: CacheOptions): StateCache {
  const slots = new Map<string, Slot>();
  const holds = new Map<string, Hold>();
  let weight = 0;

  const evict = (stream: string) => {
    weight -= slots.get(stream)?.weight ?? 0;
    slots.delete(stream);
  };
  /** What the slot had taken from the tail goes with it, so that nothing read before may be kept any more. */
  const drop = (stream: string) => {
    const hold = holds.get(stream);
    if (hold && slots.has(stream)) hold.fed = 'lost';
    evict(stream);
  };
  const set = (entry: StreamState, tracked: boolean) => {
    evict(entry.stream);
    const slot = { entry, tracked, weight: entry.commands.size() };
    slots.set(entry.stream, slot);
    weight += slot.weight;
    for (const oldest of slots.keys()) {
      if (slots.size <= options.streams && weight <= options.commands) break;
      drop(oldest);
    }
  };
  /** The state with these events; undefined where it cannot be kept: a gap, or an event that cannot be read. */
  const advance = (entry: StreamState, events: readonly StoredEvent[]): StreamState | undefined => {
    let next = entry;
    for (const event of events) {
      if (event.revision <= next.revision) continue;
      if (event.revision > next.revision + 1) return undefined;
      try {
        next = applyStored(next, [event]);
      } catch (error) {
        options.onUndecodable(event, error);
        return undefined;
      }
    }
    return next;
  };

  return {
    get(stream, decider) {
      const slot = slots.get(stream);
      if (!slot || slot.entry.decider !== decider) return undefined;
      slots.delete(stream);
      slots.set(stream, slot);
      return slot;
    },
    put(entry) {
      const hold = holds.get(entry.stream);
      const there = slots.get(entry.stream);
      if (there && there.entry.decider === entry.decider && there.entry.revision >= entry.revision) {
        const same = there.entry.revision === entry.revision;
        return set(there.entry, there.tracked || (same && (hold?.tracked ?? false)));
      }
      const fed = hold?.fed ?? [];
      const next = fed === 'lost' ? undefined : advance(entry, fed);
      if (!next) return drop(entry.stream);
      if (hold) hold.fed = [];
      set(next, hold?.tracked ?? false);
    },
    evict: drop,
    hold(stream) {
      const hold: Hold = holds.get(stream) ?? { holders: 0, tracked: true, fed: [] };
      hold.holders += 1;
      hold.tracked &&= options.tailRuns();
      holds.set(stream, hold);
      return () => {
        hold.holders -= 1;
        if (hold.holders === 0) holds.delete(stream);
      };
    },
    feed(events) {
      for (const event of events) {
        const slot = slots.get(event.stream);
        const hold = holds.get(event.stream);
        if (!slot && hold && hold.fed !== 'lost' && hold.fed.push(event) > FED_AT_MOST) hold.fed = 'lost';
        if (!slot || event.revision <= slot.entry.revision) continue;
        const next = advance(slot.entry, [event]);
        if (next) set(next, slot.tracked);
        else drop(event.stream);
      }
    },
    size: () => slots.size,
  };
}
