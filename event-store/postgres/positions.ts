/** Positions of this engine: event number n, from 1 and without gaps, as sixteen digits so that text order is log order. */
import type { Position } from '../port.ts';

const WIDTH = 16;
const PATTERN = /^\d{16}$/;

/** 0 is before the first event: null. */
export function toPosition(number: number): Position | null {
  return number === 0 ? null : positionOf(number);
}

/** The position of event number `number` (from 1). */
export function positionOf(number: number): Position {
  return String(number).padStart(WIDTH, '0') as Position;
}

/** Number of the event at a position; 0 for null. Throws a RangeError for another engine's position. */
export function numberOf(position: Position | null): number {
  if (position === null) return 0;
  if (!PATTERN.test(position)) {
    throw new RangeError(`"${position}" is no position of a log on Postgres: start from a position this log gave out`);
  }
  return Number(position);
}
