/** A lane: one share of a projection's keys, with a checkpoint of its own. */
import type { Position, StoredEvent } from '../../event-store/port.ts';
import type { Generation } from './generations.ts';
import type { Projection } from './types.ts';

/** Lanes of every projection. Another number builds everything again, as keys then change their lanes. */
export const LANES = 2;

/** One lane as this process knows it. */
export type Lane = {
  readonly projection: Projection;
  /** Whose rows it fills. */
  readonly generation: Generation;
  readonly lane: number;
  /** Its checkpoint as last read or written: what the next compare-and-set starts from. */
  stored: Position | null;
  /** Raised by whoever takes the lanes: only writes under the latest take effect. */
  epoch: number;
  /** Everything up to here that touches this lane is in its rows; at or after `stored`, which idle lanes write late. */
  reached: Position | null;
  /** Keys that hold up what comes for them, and how many events are parked of each; undefined until it is read. */
  parked: ReadonlyMap<string, number> | undefined;
  /** Smoothed. */
  eventsPerSecond: number;
  movedAt: number;
};

/** The lanes of a generation, before anything is known of where they stand. */
export function freshLanes(projection: Projection, generation: Generation): Lane[] {
  return Array.from({ length: LANES }, (_, lane) => ({
    projection,
    generation,
    lane,
    stored: null,
    reached: null,
    epoch: 0,
    parked: undefined,
    eventsPerSecond: 0,
    movedAt: performance.now(),
  }));
}

/** The lane of a key: FNV-1a, which is cheap and the same on every machine. */
export function laneOf(key: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % lanes;
}

/** The earliest of several positions; null is before everything. */
export function earliest(positions: readonly (Position | null)[]): Position | null {
  let first: Position | null | undefined;
  for (const position of positions) {
    if (position === null) return null;
    if (first === undefined || first === null || position < first) first = position;
  }
  return first ?? null;
}

/** What stands at a checkpoint. */
export type Mark = Pick<StoredEvent, 'position' | 'id'>;
