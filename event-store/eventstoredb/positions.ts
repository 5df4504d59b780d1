/** Positions of this engine: commit and prepare, sixteen hexadecimal digits each, so that text order is log order. */
import type { Position as Place } from '@eventstore/db-client';
import type { Position } from '../port.ts';

const WIDTH = 16;
const PATTERN = /^[\da-f]{16}\.[\da-f]{16}$/;

export function positionOf({ commit, prepare }: Place): Position {
  const first = digits(commit);
  return `${first}.${commit === prepare ? first : digits(prepare)}` as Position;
}

/** The engine's own form. Throws a RangeError for another engine's position. */
export function placeOf(position: Position): Place {
  if (!PATTERN.test(position)) {
    throw new RangeError(
      `"${position}" is no position of a log on EventStoreDB: start from a position this log gave out`,
    );
  }
  return { commit: BigInt(`0x${position.slice(0, WIDTH)}`), prepare: BigInt(`0x${position.slice(WIDTH + 1)}`) };
}

function digits(number: bigint): string {
  return number.toString(16).padStart(WIDTH, '0');
}
