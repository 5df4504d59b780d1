/** What queries on read models take and give: one resource with its revision and position, or a page with its cursor. */
import type pg from 'pg';
import { isErased } from '../domain/sealed.ts';
import { latest, type Position } from '../event-store/port.ts';

/** A pool or a client. */
export type Reader = Pick<pg.Pool, 'query'>;

/** One resource, the revision of its stream (for `ETag`) and the highest position it speaks of (for `Souk-Position`). */
export type Found<R> = { readonly resource: R; readonly revision: number; readonly position: Position | null };

/** `found` counts all that matches, where a list counts. */
export type Page<R> = { readonly items: readonly R[]; readonly nextCursor: string | null };

export type PageRequest = { readonly cursor?: string | undefined; readonly limit: number };

/** The cursor was not made by this list: 400 `malformed`. */
export class BadCursor extends Error {
  constructor() {
    super('the cursor is not one of this list: leave it out to start from the beginning');
    this.name = 'BadCursor';
  }
}

/** Where a page ended: the values it was sorted by. Opaque to clients. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The values of a cursor; throws `BadCursor` unless they have the given kinds. */
export function decodeCursor(cursor: string, kinds: readonly ('string' | 'number')[]): (string | number)[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw new BadCursor();
  }
  if (!Array.isArray(values) || values.length !== kinds.length) throw new BadCursor();
  if (!values.every((value, at) => typeof value === kinds[at])) throw new BadCursor();
  return values as (string | number)[];
}

/** Cuts a result that was asked for one row too many into a page. */
export function pageOf<T, R>(
  rows: readonly T[],
  limit: number,
  show: { item: (row: T) => R; key: (row: T) => readonly (string | number)[] },
): Page<R> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(show.item),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(show.key(last)) : null,
  };
}

/** The latest of several positions; null where there is none. */
export function latestOf(...positions: readonly (Position | null | undefined)[]): Position | null {
  return positions.reduce<Position | null>((a, b) => latest(a, b ?? null), null);
}

/** Whether text can be the key of a row: what is no id is simply not found, never a fault of Postgres. */
export function isKey(text: string): boolean {
  return /^[\w-]{1,200}$/.test(text);
}

/** A personal text as it is shown: empty once its person was erased. */
export function shownText(value: string | { readonly $erased: true }): string {
  return isErased(value) ? '' : value;
}

/** A personal value as it is shown: null once its person was erased. */
export function shownOrNull<T>(value: T | { readonly $erased: true } | null): T | null {
  return isErased(value) ? null : (value as T | null);
}
