/** What a process has in hand: checkpoints that it may move, each under an epoch of its own. */
import type { EventStore, Position } from '../../event-store/port.ts';
import type { Group } from './followers.ts';
import type { Lane } from './lanes.ts';
import { type Lease, type LeaseRow, placeOf } from './leases.ts';
import { isNear } from './near.ts';
import type { Projection } from './types.ts';

/** Lanes of projections, and leases on all else, by their places; `near`: lanes that are level with the log, or soon. */
export type Hand = {
  readonly lanes: Map<string, Lane>;
  readonly leases: Map<string, Lease>;
  readonly near: Set<Lane>;
};

export function emptyHand(): Hand {
  return { lanes: new Map(), leases: new Map(), near: new Set() };
}

/** Returns the lane, where it is one of a projection. */
export function takeInHand(hand: Hand, row: LeaseRow, projections: readonly Projection[]): readonly Lane[] {
  const { name, generation, version, state, schema } = row;
  const of = { name, generation, version, state, schema };
  const projection = projections.find((each) => each.name === name);
  if (!projection) {
    hand.leases.set(placeOf(row), { generation: of, lane: row.lane, epoch: row.owner_epoch });
    return [];
  }
  const lane = laneOf(projection, row, of);
  hand.lanes.set(placeOf(row), lane);
  return [lane];
}

function laneOf(projection: Projection, row: LeaseRow, generation: Lane['generation']): Lane {
  return {
    projection,
    generation,
    lane: row.lane,
    stored: row.position,
    reached: row.position,
    epoch: row.owner_epoch,
    parked: undefined,
    eventsPerSecond: 0,
    movedAt: performance.now(),
  };
}

/** Lanes that were claimed by others, or held up by a swap, meanwhile. */
export function letGoOfLost(hand: Hand, rows: readonly LeaseRow[], keeper: string): void {
  const mine = new Set(rows.filter((row) => row.keeper === keeper && isInHand(hand, row)).map(placeOf));
  for (const place of [...hand.lanes.keys(), ...hand.leases.keys()]) if (!mine.has(place)) letGo(hand, place);
}

export function isInHand(hand: Hand, row: LeaseRow): boolean {
  const held = hand.lanes.get(placeOf(row)) ?? hand.leases.get(placeOf(row));
  return held?.epoch === row.owner_epoch;
}

export function letGo(hand: Hand, place: string): void {
  const lane = hand.lanes.get(place);
  if (lane) hand.near.delete(lane);
  hand.lanes.delete(place);
  hand.leases.delete(place);
}

/** Unless the same was taken anew meanwhile. */
export function letGoOfLane(hand: Hand, lane: Lane): void {
  const place = placeOf(rowOf(lane));
  if (hand.lanes.get(place) === lane) letGo(hand, place);
}

/** Lets go of everything; returns what it was. */
export function emptied(hand: Hand) {
  const left = [...hand.lanes.values(), ...hand.leases.values()].map(rowOf);
  for (const kept of [hand.lanes, hand.leases, hand.near]) kept.clear();
  return left;
}

function rowOf({ generation: { name, generation }, lane, epoch }: Lease) {
  return { name, generation, lane, owner_epoch: epoch };
}

/** Looks how far lanes are that were just taken; those that are far stay so until they have caught up. */
export async function findNear(log: EventStore, hand: Hand, lanes: readonly Lane[]): Promise<void> {
  const asked = new Map<Position | null, boolean>();
  for (const lane of lanes) {
    if (!asked.has(lane.stored)) {
      asked.set(lane.stored, await isNear(log, lane.stored));
    }
    if (asked.get(lane.stored)) hand.near.add(lane);
  }
}

export function groupsOf(hand: Hand): Map<Lane, Group> {
  const groupOf = (lane: Lane) => (!hand.near.has(lane) ? 'far' : lane.generation.state === 'live' ? 'live' : 'beside');
  return new Map([...hand.lanes.values()].map((lane) => [lane, groupOf(lane)]));
}
