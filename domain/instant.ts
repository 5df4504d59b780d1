/** Arithmetic on moments that stays pure: from text to text, without a clock. */
import type { Instant } from './decider.ts';

/** The moment so many milliseconds later (or earlier, below zero). */
export function later(at: Instant, milliseconds: number): Instant {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A time of RFC 3339 as the log writes it; a date alone is its first moment. Undefined for anything else. */
export function parseInstant(value: string): Instant | undefined {
  const time = new Date(INSTANT.test(value) && isDay(value.slice(0, 10)) ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Dates that there are not would roll over: 30 February to 2 March. */
function isDay(date: string): boolean {
  const time = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
}
