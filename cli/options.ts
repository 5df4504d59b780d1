/** Values of options, checked where they are read: a wrong one is wrong usage. */
import { InvalidArgumentError } from 'commander';

/** A whole number from 0. */
export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It should be a whole number from 0.');
  return Number(value);
}

/** A time as the log writes it: RFC 3339 in UTC with milliseconds. A date alone is its first moment. */
export function instant(value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('It should be a time as 2026-11-22T12:00:00Z.');
  return time.toISOString();
}

/** Collects an option that may repeat. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',').filter((part) => part !== '')];
}
