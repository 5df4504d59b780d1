/** Which lane has to apply what of a batch. Pure. */

import { definitionOf } from '../../domain/event-registry.ts';
import { isKey } from '../read.ts';
import type { Opened } from './decode.ts';
import { LANES, type Lane, laneOf } from './lanes.ts';
import type { ProjectedEvent, Projection } from './types.ts';

/** One event for one key. */
export type Change = {
  readonly event: ProjectedEvent;
  readonly key: string;
  /** It cannot be applied: it cannot be read. */
  readonly error?: Error;
  /** Key of its stream, where an event before it is parked under that: it then waits as well. */
  readonly stream?: string;
  /** It was parked: what its row already knows does not say that it is in it. */
  readonly late?: true;
};

/** Changes by lane, each in the order of the log. Lanes that have an event already are left out of it. */
export function planBatch(opened: readonly Opened[], lanes: readonly Lane[]): Map<Lane, Change[]> {
  const wanting = lanesByType(lanes);
  const plan = new Map<Lane, Change[]>();
  // Streams of which this batch has an event that may be of any row; those of batches before are in `lane.parked`.
  const unkeyed = new Set<string>();
  const waits = (lane: Lane | undefined, stream: string) =>
    unkeyed.has(stream) || (lane?.parked !== undefined && lane.parked.size > 0 && lane.parked.has(streamKey(stream)));
  const put = (lane: Lane | undefined, change: Change) => {
    if (!lane || (lane.reached !== null && change.event.position <= lane.reached)) return;
    const changes = plan.get(lane);
    if (changes) changes.push(change);
    else plan.set(lane, [change]);
  };
  for (const one of opened) {
    const event = one.event as ProjectedEvent;
    for (const group of wanting.get(event.type) ?? []) {
      const { keys, error } = keysOf(group.projection, one);
      if (keys) {
        for (const key of keys) {
          const lane = group.lanes[laneOf(key, LANES)];
          const stream = waits(lane, event.stream) ? { stream: streamKey(event.stream) } : {};
          put(lane, { event, key, ...(error ? { error } : {}), ...stream });
        }
      } else {
        unkeyed.add(event.stream);
        for (const lane of group.lanes) put(lane, { event, key: streamKey(event.stream), error });
      }
    }
  }
  return plan;
}

type Keyed =
  | { readonly keys: readonly string[]; readonly error?: Error | undefined }
  | { readonly keys?: undefined; readonly error: Error };

/**
 * The keys of an event's rows; with an error where it cannot be read. Nobody can tell the keys of data in an unknown
 * shape: each lane then holds up what it gets of the stream.
 */
export function keysOf(projection: Projection, { event, error }: Opened): Keyed {
  if (error && definitionOf(event.type)?.version !== event.metadata.schemaVersion) return { error };
  try {
    const keys = [...new Set(projection.keys(event as ProjectedEvent))];
    const told = error === undefined || (keys.length > 0 && keys.every((key) => typeof key === 'string' && isKey(key)));
    return told ? { keys, error } : { error };
  } catch (thrown) {
    return { error: error ?? (thrown instanceof Error ? thrown : new Error(String(thrown))) };
  }
}

/** What stands for the key of events that cannot be told apart by their rows. */
export function streamKey(stream: string): string {
  return `stream:${stream}`;
}

/** Lanes of one generation, each at the place of its number; those of other processes are missing. */
type Group = { readonly projection: Projection; readonly lanes: (Lane | undefined)[] };

/** For each event type the lanes of each generation that wants it. */
function lanesByType(lanes: readonly Lane[]): Map<string, Group[]> {
  const groups = new Map<string, Group>();
  for (const lane of lanes) {
    const group = groups.get(lane.generation.schema) ?? { projection: lane.projection, lanes: [] };
    group.lanes[lane.lane] = lane;
    groups.set(lane.generation.schema, group);
  }
  const byType = new Map<string, Group[]>();
  for (const group of groups.values()) {
    for (const type of group.projection.wants) byType.set(type, [...(byType.get(type) ?? []), group]);
  }
  return byType;
}
