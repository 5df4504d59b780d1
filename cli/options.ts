/** Values of options, checked where they are read: a wrong one is wrong usage. */
import { InvalidArgumentError } from 'commander';
import { isCurrency } from '../commands/imports/product-row.ts';
import { parseInstant } from '../domain/instant.ts';

/** A whole number from 0. */
export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('It should be a whole number from 0.');
  return Number(value);
}

/** A whole number from 1. */
export function positiveNumber(value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new InvalidArgumentError('It should be a whole number from 1.');
  return Number(value);
}

/** A time as the log writes it: RFC 3339 in UTC with milliseconds. A date alone is its first moment. */
export function instant(value: string): string {
  const time = parseInstant(value);
  if (time === undefined) throw new InvalidArgumentError('It should be a time as 2026-11-22T12:00:00Z.');
  return time;
}

/** ISO 4217. */
export function currencyCode(value: string): string {
  if (!isCurrency(value)) throw new InvalidArgumentError('It should be an ISO 4217 code such as USD.');
  return value;
}

/** Collects an option that may repeat. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',').filter((part) => part !== '')];
}
