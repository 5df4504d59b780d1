/** Folds the changes of one lane into next rows, key by key. Pure, and harmless when run again: a row knows its position. */
import { categoryOf } from '../../domain/ids.ts';
import type { Change } from './plan.ts';
import type { Projection, Row, Stamp } from './types.ts';

export type Stamped = Row & Stamp;

/** Rows to put and keys to delete; where a change threw: which one, with everything before it folded. */
export type Folded = {
  readonly put: readonly Stamped[];
  readonly gone: readonly string[];
  readonly failed?: { readonly at: number; readonly error: Error };
};

/** `rows` are those of the changes' keys as they stand in the table. */
export function foldChanges(
  projection: Projection,
  changes: readonly Change[],
  rows: ReadonlyMap<string, Stamped>,
): Folded {
  const next = new Map<string, Stamped | null>();
  let failed: Folded['failed'];
  for (const [at, change] of changes.entries()) {
    const before = next.has(change.key) ? (next.get(change.key) ?? undefined) : rows.get(change.key);
    try {
      if (change.error) throw change.error;
      if (before && before.position >= change.event.position) continue;
      next.set(change.key, applied(projection, change, before));
    } catch (error) {
      failed = { at, error: error instanceof Error ? error : new Error(String(error)) };
      break;
    }
  }
  const put = [...next.values()].filter((row) => row !== null);
  const gone = [...next].filter(([key, row]) => row === null && rows.has(key)).map(([key]) => key);
  return { put, gone, ...(failed ? { failed } : {}) };
}

function applied(projection: Projection, { event, key }: Change, before: Stamped | undefined): Stamped | null {
  const row = projection.project(event, before, key);
  if (row === null) return null;
  const own = categoryOf(event.stream) === projection.category;
  return { ...row, revision: own ? event.revision : (before?.revision ?? -1), position: event.position };
}
