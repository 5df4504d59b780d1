/** Which lane has to apply what of a batch. Pure. */

import type { Opened } from './decode.ts';
import { LANES, type Lane, laneOf } from './lanes.ts';
import type { ProjectedEvent, Projection } from './types.ts';

/** One event for one key; with an error where the event cannot be read and concerns the whole lane. */
export type Change = { readonly event: ProjectedEvent; readonly key: string; readonly error?: Error };

/** Changes by lane, each in the order of the log. Lanes that stopped, or have an event already, are left out of it. */
export function planBatch(opened: readonly Opened[], lanes: readonly Lane[]): Map<Lane, Change[]> {
  const wanting = lanesByType(lanes);
  const plan = new Map<Lane, Change[]>();
  const put = (lane: Lane | undefined, change: Change) => {
    if (!lane || lane.error !== undefined) return;
    if (lane.reached !== null && change.event.position <= lane.reached) return;
    const changes = plan.get(lane);
    if (changes) changes.push(change);
    else plan.set(lane, [change]);
  };
  for (const { event, error } of opened) {
    for (const group of wanting.get(event.type) ?? []) {
      const keyed = error ? { error } : keysOf(group, event as ProjectedEvent);
      if (keyed.error)
        for (const lane of group.lanes) put(lane, { event: event as ProjectedEvent, key: '', error: keyed.error });
      else
        for (const key of keyed.keys ?? [])
          put(group.lanes[laneOf(key, LANES)], { event: event as ProjectedEvent, key });
    }
  }
  return plan;
}

/** Lanes of one generation, each at the place of its number; those of other processes are missing. */
type Group = { readonly projection: Projection; readonly lanes: (Lane | undefined)[] };

function keysOf({ projection }: Group, event: ProjectedEvent): { keys?: readonly string[]; error?: Error } {
  try {
    return { keys: [...new Set(projection.keys(event))] };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

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
