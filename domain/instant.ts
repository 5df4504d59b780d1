/** Arithmetic on moments that stays pure: from text to text, without a clock. */
import type { Instant } from './decider.ts';

/** The moment so many milliseconds later (or earlier, below zero). */
export function later(at: Instant, milliseconds: number): Instant {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}
